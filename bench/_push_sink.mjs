// A push service that takes everything, over http and https: `node _push_sink.mjs CERT KEY` prints its two ports.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

function take(request, answer) {
  request.resume();
  request.on("end", () => {
    answer.writeHead(201, { Location: "/message/1", TTL: request.headers.ttl ?? "0" });
    answer.end();
  });
}

const [certificate, key] = process.argv.slice(2).map((path) => readFileSync(path));
const plain = http.createServer({ keepAliveTimeout: 60000 }, take).listen(0, "127.0.0.1", () => {
  const sealed = https.createServer({ cert: certificate, key, keepAliveTimeout: 60000 }, take).listen(0, "127.0.0.1", () => {
    console.log(plain.address().port, sealed.address().port);
  });
});
