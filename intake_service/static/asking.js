// The brief intake on a page: questions that are not due are hidden, and a tile that stands alone clears the others.
// Without this script every question is there, and the service says what does not go together.
const form = document.querySelector(".asking");

function isChosen(item, values) {
  return values.some((value) => form.querySelector(`[name="${item}"][value="${value}"]`)?.checked);
}

function showWhatIsDue() {
  for (const ask of form.querySelectorAll("[data-item]")) {
    ask.hidden = !isChosen(ask.dataset.item, ask.dataset.any.split(" "));
  }
}

function clearOthers(tile) {
  const tiles = [...form.querySelectorAll(`input[type=checkbox][name="${tile.name}"]`)];
  if (!tile.checked || tiles.length < 2) return;
  const alone = "alone" in tile.dataset;
  for (const other of tiles) {
    if (other !== tile && (alone || "alone" in other.dataset)) other.checked = false;
  }
}

/** What is beyond the most cannot be ticked until something is taken away. */
function holdTheMost(ask) {
  const tiles = [...ask.querySelectorAll("input[type=checkbox]")];
  const full = tiles.filter((tile) => tile.checked).length >= Number(ask.dataset.most);
  for (const tile of tiles) tile.disabled = full && !tile.checked && !("alone" in tile.dataset);
}

form.addEventListener("change", (event) => {
  clearOthers(event.target);
  for (const ask of form.querySelectorAll("[data-most]")) holdTheMost(ask);
  showWhatIsDue();
});
for (const ask of form.querySelectorAll("[data-most]")) holdTheMost(ask);
showWhatIsDue();
