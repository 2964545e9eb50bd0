// On every page: the service worker, clocks that go on, and a browser that tells the service where it can be reached.
const HOUR = 60;

export const csrf = document.querySelector(".bar")?.dataset.csrf ?? "";

export async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, Accept: "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) {
    throw new Error((await answer.json().catch(() => ({}))).detail ?? "The service did not answer. Try again.");
  }
}

/** What the service keeps of a PushSubscription. */
export function asBody(subscription, oldEndpoint = "") {
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth, old_endpoint: oldEndpoint, device_name: deviceName() };
}

export function tickClocks(root = document) {
  for (const clock of root.querySelectorAll("[data-since]")) {
    const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 60000));
    clock.querySelector("strong").textContent =
      minutes < HOUR
        ? `${minutes} min`
        : minutes < 24 * HOUR
          ? `${Math.floor(minutes / HOUR)} h ${String(minutes % HOUR).padStart(2, "0")} min`
          : `${Math.floor(minutes / (24 * HOUR))} day${minutes >= 48 * HOUR ? "s" : ""}`;
    if (clock.dataset.long) tone(clock, minutes);
  }
}

/** The site says from when on waiting is long, and too long. */
function tone(clock, minutes) {
  const tooLong = minutes >= Number(clock.dataset.tooLong);
  const long = !tooLong && minutes >= Number(clock.dataset.long);
  clock.classList.toggle("too-long", tooLong);
  clock.classList.toggle("long", long);
  clock.querySelector(".tone").textContent = tooLong ? "waiting too long" : long ? "waiting long" : "";
}

/** A handoff sheet is printed by a button where there is one to print with. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

function deviceName() {
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac", "Linux"].find((name) => navigator.userAgent.includes(name));
  const browser = ["Firefox", "Edg", "Chrome", "Safari"].find((name) => navigator.userAgent.includes(name));
  return [browser === "Edg" ? "Edge" : browser, system && `on ${system}`].filter(Boolean).join(" ");
}

async function confirmSubscription() {
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager?.getSubscription();
  if (subscription && csrf) await post("/api/v1/push/subscriptions", asBody(subscription));
}

setInterval(tickClocks, 15000);
if ("serviceWorker" in navigator) {
  navigator.serviceWorker
    .register("/service-worker.js")
    .then(confirmSubscription)
    .catch(() => {}); // the alerts page says what is wrong
}
