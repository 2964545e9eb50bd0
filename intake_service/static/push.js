// This browser's push subscription: turned on, kept in step with what the service knows, given up.
import { csrf, post } from "/static/api.js";

const SUBSCRIPTIONS = "/push/subscriptions";
const WITHIN = 3000; // ms that signing out waits for the browser

export const isAble = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** Ask for permission if need be, and have this person's alerts come here. False when the person said no. */
export async function turnOn(publicKey) {
  if ((await Notification.requestPermission()) !== "granted") return false;
  const { pushManager } = await navigator.serviceWorker.ready;
  await (await pushManager.getSubscription())?.unsubscribe(); // it may be bound to another key, or be somebody else's
  const subscription = await pushManager.subscribe(boundTo(publicKey));
  await post(SUBSCRIPTIONS, { ...asBody(subscription, publicKey), device_name: deviceName() });
  return true;
}

export async function turnOff() {
  await post(`${SUBSCRIPTIONS}/removal`);
  await unsubscribe();
}

/** Compare what the browser has with what the service knows, mend what can be mended; says how it stands then. */
export async function inStep() {
  if (!isAble || !csrf) return "off";
  const { pushManager } = await navigator.serviceWorker.ready;
  const subscription = await pushManager.getSubscription();
  const { standing, public_key: key } = await confirm(subscription);
  const mayNotify = Notification.permission === "granted";
  if (standing === "off") {
    await subscription?.unsubscribe(); // removed from the list, or signed out
  } else if (standing === "lost" && !mayNotify) {
    await post(`${SUBSCRIPTIONS}/removal`);
    return "off";
  } else if (standing === "lost" || (standing === "on" && !isBoundTo(subscription, key))) {
    await subscription?.unsubscribe();
    return (await confirm(await pushManager.subscribe(boundTo(key)), key)).standing;
  }
  return standing;
}

/** Before signing out: the browser is to be nobody's. The service gives up its half by itself. */
export async function unsubscribe() {
  if (!isAble) return;
  await Promise.race([giveUp(), new Promise((done) => setTimeout(done, WITHIN))]).catch(() => {});
}

async function giveUp() {
  const registration = await navigator.serviceWorker.ready;
  for (const notification of await registration.getNotifications()) notification.close();
  await (await registration.pushManager.getSubscription())?.unsubscribe();
}

function confirm(subscription, publicKey) {
  return post(`${SUBSCRIPTIONS}/confirmation`, { subscription: subscription && asBody(subscription, publicKey) });
}

/** `publicKey`: what it was made with, should the browser not say. */
function asBody(subscription, publicKey) {
  const { endpoint, keys } = subscription.toJSON();
  const bound = subscription.options?.applicationServerKey;
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth, public_key: (bound ? encoded(bound) : publicKey) ?? null };
}

function boundTo(publicKey) {
  return { userVisibleOnly: true, applicationServerKey: decoded(publicKey) };
}

function isBoundTo(subscription, publicKey) {
  const bound = subscription.options?.applicationServerKey;
  return !bound || String(new Uint8Array(bound)) === String(decoded(publicKey));
}

function decoded(key) {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function encoded(key) {
  const text = btoa(String.fromCharCode(...new Uint8Array(key)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function deviceName() {
  const agent = navigator.userAgent;
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac", "CrOS", "Linux"].find((name) => agent.includes(name));
  const browser = ["Firefox", "Edg", "OPR", "SamsungBrowser", "Chrome", "Safari"].find((name) => agent.includes(name));
  const known = { Edg: "Edge", OPR: "Opera", SamsungBrowser: "Samsung Internet", CrOS: "Chromebook" };
  return [known[browser] ?? browser, system && `on ${known[system] ?? system}`].filter(Boolean).join(" ");
}
