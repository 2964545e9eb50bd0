// Keeps the queue fresh: the service says when it has changed; when that line breaks, the page looks by itself.
import { tickClocks } from "/static/console.js";

const EVERY = 10000;
const rows = document.getElementById("rows");
const live = document.getElementById("live");
let polling;
let stale = false;

/** Somebody is choosing a peer right now: a new list would take the choice out of their hands. */
function isBusy() {
  return rows.contains(document.activeElement) && document.activeElement.matches("select, button")
    ? true
    : [...rows.querySelectorAll("select")].some((select) => select.value !== "");
}

async function renew() {
  if (isBusy()) {
    stale = true;
    live.textContent = "The list has changed. It is renewed when you have saved.";
    return;
  }
  const url = new URL(location.href);
  url.searchParams.set("part", "true");
  url.searchParams.delete("done");
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (answer.redirected) {
    location.reload(); // signed out
    return;
  }
  if (!answer.ok) return;
  const focused = document.activeElement?.closest?.(".row")?.id;
  rows.innerHTML = await answer.text();
  stale = false;
  if (focused) document.getElementById(focused)?.querySelector("a")?.focus();
  tickClocks(rows);
}

function poll(on) {
  clearInterval(polling);
  polling = on ? setInterval(() => renew().catch(() => {}), EVERY) : undefined;
  live.textContent = on ? "Renewed every 10 seconds" : "Live";
}

const events = new EventSource("/events");
events.addEventListener("open", () => {
  poll(false);
  renew().catch(() => {});
});
events.addEventListener("queue", () => renew().catch(() => {}));
events.addEventListener("error", () => poll(true));
document.addEventListener("focusout", () => setTimeout(() => stale && renew().catch(() => {}), 200));
