// What is shown once is copied by a button, where the browser lets a page do that.
const button = document.querySelector("[data-copies]");

if (button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch {
      field.select(); // then by hand
    }
    document.getElementById("copied").textContent = button.textContent;
  });
}
