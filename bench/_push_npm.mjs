// The peer, npm web-push: `node _push_npm.mjs MODULES SUBSCRIPTIONS` sends to each, 50 at once, and prints seconds and CPU seconds.
import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";

const [modules, path] = process.argv.slice(2);
const webpush = createRequire(`${modules}/`)("web-push");
const { subscriptions, content } = JSON.parse(readFileSync(path));
const keys = webpush.generateVAPIDKeys();
webpush.setVapidDetails("mailto:operator@center.example", keys.publicKey, keys.privateKey);

const options = { TTL: 600, urgency: "high", topic: "alert-1" };

/** It sends over https alone; over http its own request is sent by node's own client. */
function send(subscription) {
  if (subscription.endpoint.startsWith("https:")) return webpush.sendNotification(subscription, content, options);
  const { method, headers, body } = webpush.generateRequestDetails(subscription, content, options);
  return new Promise((done, failed) => {
    const request = http.request(subscription.endpoint, { method, headers }, (answer) => answer.resume().on("end", done));
    request.on("error", failed);
    request.end(body);
  });
}

let next = 0;
async function work() {
  while (next < subscriptions.length) {
    await send(subscriptions[next++]);
  }
}
const begin = performance.now();
const cpu = process.cpuUsage();
await Promise.all(Array.from({ length: 50 }, work));
const { user, system } = process.cpuUsage(cpu);
console.log((performance.now() - begin) / 1000, (user + system) / 1e6);
process.exit(0);
