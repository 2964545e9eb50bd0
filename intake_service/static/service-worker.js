// Shows alerts, says that they were shown, opens what they are about. Keeps no data on the device.
const API = "/api/v1/push";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => event.waitUntil(show(event.data)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { token, path } = event.notification.data ?? {};
  event.waitUntil(event.action === "acknowledge" ? Promise.all([report("acknowledged", token), open(path)]) : open(path));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

/** A push must always end in a notification, or browsers take the permission away. */
async function show(data) {
  let message = {};
  try {
    message = data.json();
  } catch {
    // still somebody may be waiting
  }
  const { title, ...options } = message.notification ?? message;
  await self.registration.showNotification(title ?? "Warm Handoff", { icon: "/static/icon-192.png", renotify: Boolean(options.tag), ...options });
  await report("shown", options.data?.token);
}

async function report(what, token) {
  if (!token) return;
  const body = JSON.stringify({ token });
  await fetch(`${API}/${what}`, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => {});
}

async function open(path = "/") {
  const url = new URL(path, self.location.origin);
  if (url.origin !== self.location.origin) return;
  for (const client of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (client.url === url.href) return client.focus();
  }
  return self.clients.openWindow(url.href);
}

/** The next page that is opened confirms the new subscription to the service; it alone has the form's token. */
async function renew(event) {
  const options = event.oldSubscription?.options ?? { userVisibleOnly: true };
  if (!event.newSubscription) await self.registration.pushManager.subscribe(options).catch(() => {});
}
