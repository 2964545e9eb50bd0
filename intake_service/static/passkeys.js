// Passkeys: to come in by one, and to add one. Pages work without this script, by password and code.
import { post } from "/static/api.js";

const able = "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;
const GAVE_UP = new Set(["NotAllowedError", "AbortError"]);

/** Come in; where the page goes on to. Null when the person closed the browser's question. */
async function comeIn(next, anybody) {
  const options = await post("/passkeys/question", { anybody });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await asked(() => navigator.credentials.get({ publicKey }));
  return credential && (await post("/passkeys/answer", { credential: credential.toJSON(), next })).next;
}

/** True once there is one more. */
async function addOne(name) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await post("/passkeys/new/question"));
  const credential = await asked(() => navigator.credentials.create({ publicKey }));
  if (!credential) return false;
  await post("/passkeys/new", { credential: credential.toJSON(), name });
  return true;
}

async function asked(question) {
  try {
    return await question();
  } catch (error) {
    if (GAVE_UP.has(error.name)) return null;
    if (error.name === "InvalidStateError") throw new Error("This device has a passkey for you here already.");
    throw new Error("This browser could not use a passkey here. Use your password and a code.");
  }
}

/** Ways that need this script are hidden until it is there. */
function reveal(element) {
  for (let each = element; each; each = each.parentElement) each.hidden = false;
}

function say(words) {
  document.getElementById("passkey-state").textContent = words;
}

async function pressed(button, act) {
  button.disabled = true;
  say("");
  try {
    await act();
  } catch (error) {
    say(error.message);
  } finally {
    button.disabled = false;
  }
}

const NOTHING = "No passkey was used. Try again, or take another way.";
const enter = document.getElementById("use-passkey");
const add = document.getElementById("add-passkey");

if (able && enter) {
  reveal(enter);
  enter.addEventListener("click", () =>
    pressed(enter, async () => {
      const form = document.querySelector("form[data-waits]"); // a form's fields wait here for the proof
      const next = await comeIn(enter.dataset.next, "anybody" in enter.dataset);
      if (!next) say(NOTHING);
      else if (form) form.submit();
      else location.assign(next);
    }),
  );
}
if (able && add) {
  reveal(add);
  add.addEventListener("click", () =>
    pressed(add, async () => {
      if (await addOne(document.getElementById("passkey-name").value)) location.assign(add.dataset.next);
      else say("No passkey was added. Nothing has changed.");
    }),
  );
}
