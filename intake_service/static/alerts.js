// This device and its alerts: says how it stands, in words, and never shows a button that does nothing.
import { asBody, post } from "/static/console.js";

const device = document.getElementById("device");
const state = document.getElementById("device-state");
const buttons = Object.fromEntries(["turn-on", "turn-off", "test"].map((id) => [id, document.getElementById(id)]));

function show(text, ...visible) {
  state.textContent = text;
  for (const [id, button] of Object.entries(buttons)) button.hidden = !visible.includes(id);
}

function decoded(key) {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function stand() {
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) {
    const onPhone = /iPhone|iPad/.test(navigator.userAgent);
    show(
      onPhone
        ? "On this phone: tap Share, then Add to Home Screen, and open Warm Handoff from there. Then alerts can be turned on."
        : "This browser cannot receive alerts. Use a current Firefox, Chrome, Edge or Safari.",
    );
    return;
  }
  if (Notification.permission === "denied") {
    show("Notifications from this site are blocked. Allow them in the browser's settings for this site, then load this page again.");
    return;
  }
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.getSubscription();
  if (!subscription || Notification.permission !== "granted") {
    show("Alerts are off on this device.", "turn-on");
  } else {
    show("Alerts are on: this device says when somebody is waiting, even when the console is closed.", "test", "turn-off");
  }
}

async function turnOn() {
  show("Turning alerts on …");
  if ((await Notification.requestPermission()) !== "granted") return stand();
  const registration = await navigator.serviceWorker.ready;
  const key = decoded(device.dataset.key);
  const old = await registration.pushManager.getSubscription();
  await old?.unsubscribe(); // it may be bound to another key
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await post("/api/v1/push/subscriptions", asBody(subscription, old?.endpoint));
  return stand();
}

async function turnOff() {
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.getSubscription();
  if (subscription) {
    await post("/api/v1/push/subscriptions/removal", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  return stand();
}

async function test() {
  await post("/api/v1/push/test", {});
  show("Sent. It should appear within a few seconds.", "test", "turn-off");
}

for (const [id, action] of [["turn-on", turnOn], ["turn-off", turnOff], ["test", test]]) {
  buttons[id].addEventListener("click", () => action().catch((error) => show(`That did not work: ${error.message}`, id)));
}
await stand();
