// Shows alerts, says that they were shown, opens what they are about. Keeps no data on the device.
const API = "/api/v1/push";
const ICON = "/static/icon-192.png";
const TRIES = 3;
const MAY_OPEN = 700; // ms after a click; a second later Firefox lets nobody open a page any more

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(show(contentOf(event))));
self.addEventListener("notificationclick", (event) => event.waitUntil(clicked(event.notification, event.action)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

/** A push must always end in a notification, or browsers take the permission away. */
async function show(message) {
  const { title, ...options } = message;
  const { tag = "", silent = false, data } = options;
  const known = tag ? await self.registration.getNotifications({ tag }) : [];
  const isRepeated = known.some((each) => each.data?.token === data?.token);
  await self.registration.showNotification(title ?? "Warm Handoff", {
    icon: ICON,
    ...options,
    renotify: Boolean(tag) && !silent && !isRepeated, // the same message again must not ring again
  });
  await report("shown", data?.token);
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage({ shown: data?.kind });
}

/** What a push says. Safari reads a declarative message itself, and hands over the notification that it made of it. */
function contentOf(event) {
  if (event.notification) {
    const { title, body, tag, lang, dir, silent, data, actions, navigate } = event.notification;
    return { title, body, tag, lang, dir, silent: Boolean(silent), data, actions: actions ?? [], navigate };
  }
  try {
    const message = event.data.json();
    return message.notification ?? message;
  } catch {
    return {}; // still somebody may be waiting
  }
}

/** "I'm on it" stays until the service has it: nobody may believe that it is said when it is not. */
async function clicked(notification, action) {
  const { title, body, tag, lang, dir, data, actions } = notification;
  const { token, path } = data ?? {};
  notification.close();
  if (action !== "acknowledge") return open(path);
  const said = report("acknowledged", token);
  await Promise.race([said, new Promise((done) => setTimeout(done, MAY_OPEN))]); // so that the page knows of it
  await open(path).catch(() => {});
  if (await said) return;
  const again = { icon: ICON, body, tag, lang, dir, data, actions: actions ?? [] };
  await self.registration.showNotification(title, { ...again, renotify: Boolean(tag) });
}

/** Whether the service has it. */
async function report(what, token) {
  if (!token) return true;
  for (let tries = 1; ; tries += 1) {
    const answer = await post(what, { token });
    if (answer && answer.status < 500) return answer.ok || answer.status === 404;
    if (tries === TRIES) return false;
    await new Promise((done) => setTimeout(done, 1000 * tries));
  }
}

function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return fetch(`${API}/${path}`, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
}

async function open(path = "/") {
  const url = new URL(path, self.location.origin);
  if (url.origin !== self.location.origin) return;
  for (const client of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (client.url === url.href) return client.focus();
  }
  return self.clients.openWindow(url.href);
}

/** The push service gave this browser another address. What does not get through here, the next page puts right. */
async function renew(event) {
  const { pushManager } = self.registration;
  const subscription = event.newSubscription ?? (await pushManager.getSubscription()) ?? (await subscribeAnew(pushManager));
  const { endpoint, keys } = subscription.toJSON();
  const bound = subscription.options?.applicationServerKey;
  const public_key = bound ? encoded(bound) : null;
  await post("subscriptions/renewal", { endpoint, p256dh: keys.p256dh, auth: keys.auth, public_key });
}

async function subscribeAnew(pushManager) {
  const { public_key: applicationServerKey } = await (await fetch(`${API}/public-key`)).json();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

function encoded(key) {
  const text = btoa(String.fromCharCode(...new Uint8Array(key)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
