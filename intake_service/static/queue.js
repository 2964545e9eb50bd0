// Keeps a list fresh without moving what somebody is about to tap. The service says when something has changed; when
// that line breaks, the page looks by itself.
//
// Who has been taken greys out where they stand, with who took them. Who is new is put below the others at once, and in
// between only while nobody's hand is on the list. What is greyed out goes away in a quiet moment.
import { tickClocks } from "/static/console.js";

const EVERY = 10000;
const QUIET = 4000; // without a touch on the list
const READ = 8000; // as long as a greyed row stays at least
const LIVE = "Live";
const POLLING = "Renewed every 10 seconds";
const rows = document.getElementById("rows");
const live = document.getElementById("live");
let polling;
let touched = 0;
let wanted; // the newest list that could not be shown whole yet

for (const kind of ["pointermove", "pointerdown", "touchstart", "keydown", "input"]) {
  rows.addEventListener(kind, () => (touched = Date.now()), { passive: true });
}

/** Somebody is on the list: a hand just moved over it, or a peer is chosen and not saved. */
function isBusy() {
  return Date.now() - touched < QUIET || isChoosing(rows);
}

function isChoosing(within) {
  return (
    within.contains(document.activeElement) && document.activeElement.matches("select, textarea") ||
    [...within.querySelectorAll("select")].some((select) => select.value !== "" && !select.disabled)
  );
}

async function renew() {
  const url = new URL(location.href);
  url.pathname = rows.dataset.renew;
  url.searchParams.set("part", "true");
  url.searchParams.delete("done");
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (answer.redirected) return location.reload(); // signed out
  if (!answer.ok) return;
  const fresh = document.createElement("div");
  fresh.innerHTML = await answer.text();
  const list = rows.querySelector("#list");
  const is_whole = "whole" in rows.dataset || !list || !fresh.querySelector("#list");
  if (!is_whole) merge(list, fresh);
  else if (list && !("whole" in rows.dataset)) emptied(list, fresh);
  else wanted = fresh;
  settle();
}

/** Everybody who stood here has gone: they grey out before the empty page says so. */
function emptied(list, fresh) {
  for (const row of list.children) leave(row, fresh);
  wanted = fresh;
}

function merge(list, fresh) {
  const newest = [...fresh.querySelectorAll("#list > .row")];
  const ids = new Set(newest.map((row) => row.id));
  for (const row of [...list.children]) {
    if (!ids.has(row.id)) leave(row, fresh);
  }
  const known = new Set([...list.children].map((row) => row.id));
  const last = newest.findLastIndex((row) => known.has(row.id));
  for (const row of newest.slice(last + 1)) {
    if (!known.has(row.id)) list.append(document.importNode(row, true));
  }
  wanted = fresh;
  tickClocks(list);
}

/** The row stays where it is, says what became of it, and offers nothing any more. */
function leave(row, fresh) {
  grey(row, fresh.querySelector(`#left [data-id="${row.id}"]`)?.textContent);
}

/** The service says in the event itself who has left, so that two hundred pages need not ask for it all at once. */
function hear(event) {
  const list = rows.querySelector("#list");
  if (!list || "whole" in rows.dataset) return;
  const left = JSON.parse(event.data);
  for (const row of list.children) if (left[row.id]) grey(row, left[row.id]);
}

function grey(row, words) {
  if (row.classList.contains("left")) return;
  row.classList.add("left");
  row.dataset.left = Date.now();
  const note = document.createElement("p");
  note.className = "gone";
  note.setAttribute("role", "status");
  note.textContent = words ?? "Not waiting here any more";
  const held = row.querySelector(".do");
  held.style.minHeight = `${held.offsetHeight}px`; // the rows below stay where they are
  held.replaceChildren(note);
}

/** In a quiet moment: the list exactly as the service has it. */
function settle() {
  if (!wanted) return;
  const isRead = [...rows.querySelectorAll(".left")].every((row) => Date.now() - row.dataset.left > READ);
  if (isBusy() || !isRead) return say();
  const focused = focusedPlace();
  if (wanted.innerHTML !== rows.innerHTML) rows.replaceChildren(...wanted.childNodes);
  wanted = undefined;
  focused?.();
  tickClocks(rows);
  say();
}

/** Who works with the keyboard stays where they were: in the same row, at the same link, or at the list's beginning. */
function focusedPlace() {
  const at = document.activeElement;
  if (!rows.contains(at) || at === rows) return undefined;
  const home = at.closest("[id]").id;
  const number = stops(document.getElementById(home)).indexOf(at);
  return () => {
    if (rows.contains(at)) return;
    const again = document.getElementById(home);
    (stops(again)[number] ?? again ?? document.getElementById("main")).focus();
  };
}

function stops(within) {
  return [...(within?.querySelectorAll("a, button, select, summary, input") ?? [])];
}

function say() {
  const shown = new Set([...rows.querySelectorAll(".row")].map((row) => row.id));
  const hidden = wanted ? [...wanted.querySelectorAll(".row")].filter((row) => !shown.has(row.id)) : [];
  const urgent = hidden.filter((row) => row.classList.contains("urgent")).length;
  const state = polling ? POLLING : LIVE;
  const words = urgent ? `${urgent} new and urgent, shown on top in a moment` : hidden.length ? `${hidden.length} more in a moment` : state;
  if (live.textContent !== words) live.textContent = words;
}

function poll(on) {
  if (on && polling) return; // the line is tried again every few seconds: that must not put off the next look
  clearInterval(polling);
  polling = on ? setInterval(look, EVERY) : undefined;
  say();
}

function look() {
  renew().catch(() => {});
}

/** Not all pages at the same moment, and once for changes that come close together. */
let soon;
function lookSoon() {
  soon ??= setTimeout(() => {
    soon = undefined;
    look();
  }, 100 + Math.random() * 900);
}

let events;
function listen() {
  events = new EventSource("/events");
  events.addEventListener("open", () => {
    poll(false);
    look();
  });
  events.addEventListener("left", hear);
  events.addEventListener("queue", lookSoon);
  events.addEventListener("error", () => {
    poll(true);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, EVERY); // refused: the browser does not try again
  });
}
listen();
setInterval(settle, 1000);
