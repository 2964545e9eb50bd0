// How our pages speak to the service.

/** The token that proves that a request comes from a page of ours; empty when nobody is signed in. */
export const csrf = document.querySelector(".bar")?.dataset.csrf ?? "";

/** Post JSON to a path below /api/v1. What was answered, or an Error that says what to do. */
export async function post(path, body = {}) {
  const answer = await fetch(`/api/v1${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, Accept: "application/json" },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error("The service could not be reached. Look at your network, then try again.");
  });
  if (!answer.ok) {
    throw new Error((await answer.json().catch(() => ({}))).detail ?? "The service did not answer. Try again.");
  }
  return answer.status === 204 ? null : answer.json();
}
