// Working a list with the keyboard. Every key does what a link or a field of the page does; all can be switched off.
const STORED = "keys-off";
const dialog = document.getElementById("keys");
const on = document.getElementById("keys-on");
const open = document.getElementById("keys-open");
const rows = () => [...document.querySelectorAll(".row:not(.left)")];

/** The row that has the focus, wherever in it. */
const current = () => document.activeElement?.closest?.(".row");

function step(by) {
  const all = rows();
  const at = all.indexOf(current());
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  all[next]?.querySelector(".name")?.focus();
}

const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  a: () => (current() ?? rows()[0])?.querySelector(".assign select")?.focus(),
  m: () => (current() ?? rows()[0])?.querySelector(".manage")?.click(),
  "/": () => document.getElementById("find")?.focus(),
  "?": () => dialog.showModal(),
};

function isTyping(target) {
  return target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || dialog.open || isTyping(event.target)) return;
  const action = on.checked ? ACTIONS[event.key] : undefined;
  if (!action) return;
  event.preventDefault(); // the letter is not to be typed into what it leads to
  action();
});

on.checked = localStorage.getItem(STORED) === null;
on.addEventListener("change", () => (on.checked ? localStorage.removeItem(STORED) : localStorage.setItem(STORED, "yes")));
open.hidden = false;
open.addEventListener("click", () => dialog.showModal());
