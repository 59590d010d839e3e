// The form and the server: checked while it is changed, saved as a version or as a draft.

import { fill, refusalText } from "../shared/messages.js";
import { byId, goTo } from "../shared/page.js";
import { createSender, NoConnection } from "../shared/sending.js";
import { idsOf } from "./form.js";

const CHECK_MS = 500; // after the last change

/** @param {import("./app.js").App} app */
export function createSaving(app) {
  const { data } = app;
  const { texts } = data;
  const post = createSender(data);
  let saved = JSON.stringify(app.form);
  let busy = false;
  let timer = 0;

  function isDirty() {
    return JSON.stringify(app.form) !== saved;
  }

  /** What is on the screen need not be saved. */
  function forget() {
    saved = JSON.stringify(app.form);
  }

  /** Go to another address; nothing is lost by it. @param {string} address */
  function leave(address) {
    forget();
    goTo(address);
  }

  /** @param {string} url @param {unknown} body @returns {Promise<import("./app.js").Outcome>} */
  async function send(url, body) {
    try {
      const answer = await post(url, body);
      if (answer.status >= 200 && answer.status < 300) return { ok: true, body: answer.body };
      return { ok: false, message: answer.status === 409 ? texts.conflict : refusalText(answer, texts) };
    } catch (error) {
      if (!(error instanceof NoConnection)) throw error;
      return { ok: false, message: texts.offline };
    }
  }

  function checkSoon() {
    clearTimeout(timer);
    timer = setTimeout(check, CHECK_MS);
  }

  async function check() {
    const asked = JSON.stringify(app.form);
    const outcome = await send(data.urls.check, app.form);
    if (outcome.ok && asked === JSON.stringify(app.form)) app.showFaults(outcome.body.faults);
  }

  async function save() {
    if (busy) return;
    busy = true;
    app.say(texts.saving);
    const sent = JSON.stringify(app.form);
    try {
      const outcome = await send(data.urls.save, { form: app.form, seen: data.seen });
      if (!outcome.ok) return app.say(outcome.message, "wrong");
      data.seen = outcome.body.seen;
      saved = sent;
      showSaved(JSON.parse(sent), outcome.body);
    } finally {
      busy = false;
    }
  }

  /**
   * @param {import("./form.js").Form} form as it was sent
   * @param {{ faults: import("./app.js").Fault[], version: string | null }} body
   */
  function showSaved(form, { faults, version }) {
    app.showFaults(faults);
    if (version === null) {
      app.openTab("problems");
      return app.say(fill(texts.kept, { n: faults.length }), "amber");
    }
    app.kept = new Set(idsOf(form));
    const text = fill(texts.saved, { n: version });
    byId("version", HTMLElement).textContent = text;
    document.getElementById("discard")?.remove();
    app.say(text);
  }

  return { isDirty, forget, leave, send, checkSoon, save };
}
