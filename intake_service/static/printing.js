// A page is printed by a button where there is one to print with. What goes onto paper is listed, whichever way it goes.
import { csrf } from "/static/api.js";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

const sheet = document.querySelector("[data-sheet]");
if (sheet) {
  addEventListener("beforeprint", () => {
    fetch(sheet.dataset.sheet, { method: "POST", headers: { "X-CSRF-Token": csrf }, keepalive: true }).catch(() => {});
  });
}
