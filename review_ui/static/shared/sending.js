// What the pages post: with the session's token, and once more with a fresh one where that has expired.

/** The server could not be reached, or the connection broke before its answer was whole. */
export class NoConnection extends Error {}

/**
 * What the server answered. The body is {} where it is none, or no JSON.
 * @typedef {{ status: number, body: any }} Answer
 */

/** @typedef {(url: string, body: unknown) => Promise<Answer>} Send */

/**
 * A `send` for one page; `session.csrf` is its token and is kept up to date.
 * A body of pairs is sent as a form, FormData as it is, anything else as JSON.
 * @param {{ csrf: string, token: string }} session `token` is the address of a fresh token
 * @returns {Send} throws NoConnection
 */
export function createSender(session) {
  /** @param {string} url @param {unknown} body @returns {Promise<Answer>} */
  async function send(url, body) {
    const answer = await request(url, body);
    const expired = answer.status === 400 && answer.body.error === "csrf";
    return expired && (await renewToken()) ? request(url, body) : answer;
  }

  /** @param {string} url @param {unknown} body @returns {Promise<Answer>} */
  async function request(url, body) {
    return receive(url, { method: "POST", ...packed(body) });
  }

  /** @param {unknown} body @returns {RequestInit} */
  function packed(body) {
    const headers = { Accept: "application/json", "X-CSRFToken": session.csrf };
    if (body instanceof FormData) return { headers, body };
    if (Array.isArray(body)) return { headers, body: new URLSearchParams(body) };
    return { headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
  }

  async function renewToken() {
    const answer = await receive(session.token, { headers: { Accept: "application/json" } });
    if (answer.status !== 200) return false;
    session.csrf = answer.body.csrf;
    return true;
  }

  return send;
}

/** @param {string} url @param {RequestInit} options @returns {Promise<Answer>} */
async function receive(url, options) {
  const { status, text } = await fetched(url, options);
  return { status, body: parsed(text) };
}

/** @param {string} url @param {RequestInit} options */
async function fetched(url, options) {
  try {
    const answer = await fetch(url, options);
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    throw new NoConnection(String(error));
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {}; // a page of a proxy, or nothing
  }
}
