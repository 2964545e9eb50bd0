// Forms that take a while (data-keep) lose nothing when the session ends meanwhile: they are sent only while their own
// person is signed in, and stay on the page otherwise. The open page alone keeps what is typed; nothing is stored.
import { session } from "/static/session.js";

const HIDDEN_AT_MOST = 60 * 60; // seconds; after that the page leaves like every other
const own = Number(document.querySelector(".bar")?.dataset.staff);
const typed = new WeakSet();
let asking = false;
let isAsked = false;

addEventListener("input", (event) => event.target.form && typed.add(event.target.form), { passive: true });

addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-keep]") || event.defaultPrevented || isAsked) return;
  event.preventDefault();
  if (asking) return;
  asking = true;
  const now = await session();
  asking = false;
  if (!isOwn(now)) return tell(form, event.submitter, now);
  renew(now);
  isAsked = true;
  form.requestSubmit(event.submitter);
  isAsked = false;
});

/** A session that waits for a second factor has no token yet: nothing can be saved in it. */
function isOwn(now) {
  return Boolean(now?.csrf_token) && now.staff_id === own;
}

/** A new session has a new token. */
function renew(now) {
  for (const field of document.querySelectorAll('form[data-keep] input[name="csrf"]')) field.value = now.csrf_token;
}

function tell(form, button, now) {
  form.querySelector(".not-sent")?.remove();
  const notice = made("p", "");
  notice.className = "problem not-sent";
  notice.setAttribute("role", "alert");
  const again = `press “${button.textContent.trim()}” again.`;
  if (now === undefined) {
    notice.append(`The service could not be reached. Nothing was saved yet. Stay on this page, then ${again}`);
  } else if (now?.csrf_token) {
    notice.append(
      "Somebody else is signed in in this browser now. Nothing was saved, since it would stand under their name. ",
      door("Sign in as yourself in a new tab"),
      `, come back here and ${again}`,
    );
  } else {
    notice.append(
      "You were signed out. Nothing was saved yet. ",
      door("Sign in in a new tab"),
      `, come back here and ${again}`,
    );
  }
  (button.closest("p") ?? button).before(notice);
}

/** The session is over and nobody presses anything: what is typed is hidden until its own person is back.
 * False when nothing is typed; `goOn` is called when everything is shown again. */
export function hides(goOn) {
  const forms = [...document.querySelectorAll("form[data-keep]")];
  if (!forms.some(isTyped)) return false;
  const title = document.title;
  const shown = [...document.body.children].filter((part) => !part.hidden);
  const cover = coverPage();
  for (const part of shown) part.hidden = true;
  document.title = "Signed out · Warm Handoff";
  document.body.append(cover);
  cover.querySelector("h1").focus();
  const leaves = setTimeout(() => location.reload(), HIDDEN_AT_MOST * 1000);

  async function look() {
    const now = await session();
    if (!cover.isConnected) return;
    if (!now?.csrf_token) {
      cover.querySelector("[role=status]").textContent =
        now === undefined ? "The service could not be reached." : "Nobody is signed in yet.";
      return;
    }
    if (!isOwn(now)) return location.reload(); // it is nobody else's to read
    clearTimeout(leaves);
    removeEventListener("focus", look);
    renew(now);
    cover.remove();
    document.title = title;
    for (const part of shown) part.hidden = false;
    goOn();
  }
  addEventListener("focus", look);
  cover.querySelector("button").addEventListener("click", look);
  return true;
}

/** Also what was typed before this script was there, and what came back to be mended. */
function isTyped(form) {
  const changed = [...form.elements].some(
    (field) => field.value !== (field.defaultValue ?? field.value) || field.checked !== field.defaultChecked,
  );
  return changed || typed.has(form) || form.querySelector("[aria-invalid]") !== null;
}

function coverPage() {
  const cover = made("main", "");
  const words = made("p", "Nothing was saved yet. What you typed is still here, hidden for an hour at most. ");
  words.append(door("Sign in in a new tab"), ", then come back here.");
  const button = made("button", "Show it again");
  button.type = "button";
  cover.className = "narrow card";
  const title = made("h1", "You were signed out");
  title.tabIndex = -1; // focused, so that it is read out
  const state = made("p", "");
  state.setAttribute("role", "status");
  cover.append(title, words, button, state);
  return cover;
}

function door(words) {
  const link = made("a", words);
  link.href = "/sign-in";
  link.target = "_blank";
  link.rel = "noopener";
  return link;
}

function made(name, words) {
  const element = document.createElement(name);
  element.textContent = words;
  return element;
}

/** The page that warns says what becomes of what is typed. */
if (document.querySelector("form[data-keep]")) {
  for (const fate of document.querySelectorAll("#idle [data-fate]")) fate.hidden = fate.dataset.fate === "lost";
}
