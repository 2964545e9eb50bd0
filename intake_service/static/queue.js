// Keeps the queue fresh: the service says when it has changed; when that line breaks, the page looks by itself.
import { tickClocks } from "/static/console.js";

const EVERY = 10000;
const LIVE = "Live";
const POLLING = "Renewed every 10 seconds";
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

function wait() {
  stale = true;
  live.textContent = "The list may have changed. It is renewed when you have saved.";
}

async function renew() {
  if (isBusy()) return wait();
  const url = new URL(location.href);
  url.searchParams.set("part", "true");
  url.searchParams.delete("done");
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (answer.redirected) {
    return location.reload(); // signed out
  }
  if (!answer.ok) return;
  const list = await answer.text();
  if (isBusy()) return wait(); // they began while the list was on its way
  const focused = document.activeElement?.closest?.(".row")?.id;
  rows.innerHTML = list;
  if (stale) live.textContent = polling ? POLLING : LIVE;
  stale = false;
  if (focused) document.getElementById(focused)?.querySelector("a")?.focus();
  tickClocks(rows);
}

function poll(on) {
  if (on && polling) return; // the line is tried again every few seconds: that must not put off the next look
  clearInterval(polling);
  polling = on ? setInterval(() => renew().catch(() => {}), EVERY) : undefined;
  live.textContent = on ? POLLING : LIVE;
}

const events = new EventSource("/events");
events.addEventListener("open", () => {
  poll(false);
  renew().catch(() => {});
});
events.addEventListener("queue", () => renew().catch(() => {}));
events.addEventListener("error", () => poll(true));
document.addEventListener("focusout", () => setTimeout(() => stale && renew().catch(() => {}), 200));
