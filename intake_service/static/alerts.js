// This device and its alerts: how it stands and what to do about it. No button is shown that could do nothing.
import { post } from "/static/api.js";
import { standing } from "/static/console.js";
import { isAble, turnOff, turnOn } from "/static/push.js";

const FIRST_IOS = 1604; // 16.4: Safari's first with push, and only for apps on the home screen
const ARRIVES_WITHIN = 20000; // ms
const BUTTONS = {
  on: ["test", "turn-off"],
  off: ["turn-on"],
  "somebody-elses": ["turn-on"],
  refused: ["turn-on", "turn-off"],
  failed: ["turn-on"],
};

const device = document.getElementById("device");
const state = document.getElementById("device-state");
let waiting;
let isAsking = false;

/** One of the page's prepared answers, the buttons that go with it, and a word on what has just happened. */
function show(name, words = "") {
  for (const answer of device.querySelectorAll("[data-standing]")) {
    answer.hidden = answer.dataset.standing !== name;
    if (!answer.hidden) document.getElementById("turn-on").textContent = answer.dataset.label ?? "Turn alerts on";
  }
  for (const button of device.querySelectorAll("button")) button.hidden = !(BUTTONS[name] ?? []).includes(button.id);
  state.textContent = words;
}

const agent = navigator.userAgent;
const isIos = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1);
const isInstalled = navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;

function iosVersion() {
  const [, major, minor] = /(?:OS |Version\/)(\d+)[._](\d+)/.exec(agent) ?? [0, 99, 0];
  return 100 * major + Number(minor);
}

/** Which of the prepared answers is the true one. */
async function found() {
  if (!window.isSecureContext) return "not-secure";
  if (!isAble) return !isIos ? "unable" : isInstalled || iosVersion() < FIRST_IOS ? "too-old" : "install";
  if (Notification.permission === "denied") return "denied";
  return standing;
}

/** Whose way to allow notifications again is shown. */
function kind() {
  if (isIos) return "ios";
  if (/Android/.test(agent)) return "android";
  if (/Firefox/.test(agent)) return "firefox";
  return /Safari/.test(agent) && !/Chrom|Edg/.test(agent) ? "safari" : "other";
}

/** The page anew, with the list of devices as it is now. */
function again() {
  location.reload();
}

async function begin() {
  for (const way of device.querySelectorAll("[data-on]")) way.hidden = way.dataset.on !== kind();
  show("looking");
  show(await found());
}

const actions = {
  async "turn-on"() {
    isAsking = true;
    show("looking", "The browser may ask now: choose Allow.");
    await turnOn(device.dataset.key).finally(() => (isAsking = false));
    again();
  },
  async "turn-off"() {
    await turnOff();
    again();
  },
  async test() {
    await post("/push/test");
    state.textContent = "Sent. It should appear within a few seconds.";
    waiting = setTimeout(() => {
      state.textContent = "It has not arrived yet. Look at this device's network, then try again.";
    }, ARRIVES_WITHIN);
  },
};

navigator.serviceWorker?.addEventListener("message", ({ data }) => {
  if (data?.shown !== "test" || !waiting) return;
  clearTimeout(waiting);
  state.textContent =
    "It was shown. Did you not notice it? Look at this device's sound, its “Do not disturb” and its settings for notifications.";
});

for (const [id, action] of Object.entries(actions)) {
  document.getElementById(id).addEventListener("click", () =>
    action().catch((error) => (id === "turn-on" ? show("failed", error.message) : (state.textContent = error.message))),
  );
}
const permission = await navigator.permissions?.query({ name: "notifications" }).catch(() => null);
permission?.addEventListener("change", () => isAsking || again());
await begin().catch((error) => show("failed", error.message));
device.dataset.found = ""; // what is below stays where it is from now on
