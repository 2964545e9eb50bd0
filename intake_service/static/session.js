// Whether somebody is signed in here, asked by pages that are already open.

/** {seconds_left, staff_id, csrf_token}; null when nobody is signed in; undefined when the service cannot be asked.
 * With `part` it only looks; without, it is use, and the session goes on. */
export async function session(part = false) {
  try {
    const answer = await fetch(`/api/v1/session${part ? "?part=true" : ""}`, { headers: { Accept: "application/json" } });
    if (answer.status === 401) return null;
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  }
}
