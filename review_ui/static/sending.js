// What our pages post: with the session's token, and once more with a fresh one where that had grown old.

/**
 * A `send(url, body)` for one page; `data.csrf` is its token, kept up to date, `token` where there is a fresh one.
 * A body of pairs is sent as a form, FormData as it is, anything else as JSON. It throws where there is no connection.
 */
export function createSender(data, token) {
  async function send(url, body, again = true) {
    const answer = await fetch(url, { method: "POST", ...packed(body) });
    const given = await answer.json().catch(() => ({}));
    if (answer.status === 400 && given.error === "csrf" && again && (await freshToken())) return send(url, body, false);
    return { status: answer.status, body: given };
  }

  function packed(body) {
    const headers = { Accept: "application/json", "X-CSRFToken": data.csrf };
    if (body instanceof FormData) return { headers, body };
    if (Array.isArray(body)) return { headers, body: new URLSearchParams(body) };
    return { headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
  }

  async function freshToken() {
    const answer = await fetch(token, { headers: { Accept: "application/json" } });
    if (!answer.ok) return false;
    data.csrf = (await answer.json()).csrf;
    return true;
  }

  return send;
}
