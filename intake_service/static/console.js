// On every page: the service worker, clocks that go on, and a browser that tells the service where it can be reached.
import { csrf } from "/static/api.js";
import "/static/printing.js";
import { inStep, unsubscribe } from "/static/push.js";

const HOUR = 60;

// On a phone the lists' bar is wider than the screen, and begins with the first of them.
document.querySelector(".lists a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

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

/** The way to the page that helps says so on every page, when alerts do not come here. On a phone "off" has to do. */
function tellOfAlerts(standing) {
  const word = { off: "off", lost: "off", refused: "fails" }[standing];
  const link = document.querySelector('.bar a[href="/alerts"]');
  if (!word || !link) return;
  const [state, here] = ["span", "span"].map((name) => document.createElement(name));
  state.className = "alerts-off";
  here.textContent = " here";
  state.append(word, here);
  link.append(" ", state);
}

setInterval(tickClocks, 15000);

let known = "off";
/** How this browser stands with alerts, once the service worker is there and both sides are in step. */
export const standing = "serviceWorker" in navigator && csrf ? begun() : Promise.resolve(known);
standing.catch(() => {}); // the alerts page says what is wrong

async function begun() {
  await navigator.serviceWorker.register("/service-worker.js");
  known = await inStep();
  tellOfAlerts(known);
  return known;
}

/** Who signs out leaves a browser that is nobody's; another person's alerts that come here are theirs to end. */
document.querySelector('form[action="/sign-out"]')?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (known === "on" || known === "refused") await unsubscribe();
  event.target.submit();
});
