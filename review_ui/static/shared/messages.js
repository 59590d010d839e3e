// Sentences for a person, from the texts that the server gave in the language of the screen.

/**
 * A text with its {parts} filled in.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * Why the server did not do what was asked: its own sentence; the page's where it gave none or met an error.
 * @param {import("./sending.js").Answer} answer
 * @param {{ login: string, failed: string }} texts
 * @returns {string}
 */
export function refusalText({ status, body }, texts) {
  if (status === 401 || body.error === "csrf") return texts.login;
  return status === 500 || !body.message ? texts.failed : body.message;
}
