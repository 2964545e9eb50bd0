// A page that nobody uses says so before the session ends, and goes away when it has ended: names stay on no screen.
// Whoever is typing is using it, also when nothing is sent for a while. What is typed and not saved is hidden then.
import { hides } from "/static/keeping.js";
import { session } from "/static/session.js";

const WARN = 120; // seconds before the end
const FIRST_LOOK = 30; // seconds
const dialog = document.getElementById("idle");
let used = false;

/** Seconds that are left; 0 when it is over; null when the service cannot be asked. */
async function left(part) {
  const now = await session(part);
  return now === null ? 0 : (now?.seconds_left ?? null);
}

async function look() {
  const wasUsed = used;
  used = false;
  const seconds = await left(!wasUsed);
  if (seconds === 0) return isOver();
  if (seconds !== null && seconds <= WARN && !dialog.open) dialog.showModal();
  if (seconds !== null && seconds > WARN && dialog.open) dialog.close(); // used in another tab
  again(seconds);
}

function isOver() {
  dialog.close();
  if (!hides(look)) location.reload(); // to the door, and back to this page from there
}

/** Look again when it is time to warn; every 20 seconds while warned, in case the person is there in another tab. */
function again(seconds) {
  const wait = seconds === null ? 30 : dialog.open ? Math.min(20, seconds + 1) : Math.max(1, seconds - WARN + 1);
  setTimeout(look, wait * 1000);
}

for (const kind of ["keydown", "pointerdown", "input"]) {
  addEventListener(kind, () => (used ||= !dialog.open), { passive: true });
}
dialog?.addEventListener("close", () => {
  used = true;
});
if (dialog) {
  setTimeout(look, FIRST_LOOK * 1000);
  dialog.dataset.watches = "true";
}
