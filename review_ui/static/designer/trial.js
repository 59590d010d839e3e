// "Try now": the pages of one file are read with the form on the screen; they are shown, never kept.

import { fill } from "../shared/messages.js";
import { byId, find, findAll } from "../shared/page.js";
import { button, make } from "./elements.js";

/** @typedef {{ field: string, label: string, value: string, sure: string, review: boolean, reason: string }} Reading */

/**
 * A page of the file as it was read.
 * @typedef {object} TrialPage
 * @property {number} number in the file
 * @property {number | null} page of the form; null where it was not placed
 * @property {string} message
 * @property {string} picture JPEG in base 64; "" where there is none
 * @property {string[]} issues
 * @property {Reading[]} readings
 */

/** @param {import("./app.js").App} app */
export function createTrial(app) {
  const { texts } = app.data;
  const form = byId("attempt", HTMLFormElement);
  const file = find("input[type=file]", HTMLInputElement, form);
  const submit = find("button", HTMLButtonElement, form);
  const list = byId("readings", HTMLElement);
  const canvas = find(".page-view canvas", HTMLCanvasElement);
  const blank = find(".page-view img", HTMLImageElement);
  const svg = find(".page-view svg", SVGSVGElement);
  /** @type {TrialPage[]} */
  let found = [];
  /** The page that is painted; null: the blank. @type {TrialPage | null} */
  let shown = null;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    read();
  });

  async function read() {
    const body = new FormData();
    body.append("form", JSON.stringify(app.form));
    body.append("sheet", file.files?.[0] ?? "");
    submit.disabled = true;
    app.say(texts.reading);
    try {
      const outcome = await app.send(app.data.urls.attempt, body);
      if (!outcome.ok) return app.say(outcome.message, "wrong");
      app.say("");
      found = outcome.body.pages;
      list.replaceChildren(...found.flatMap(block));
      await look(found[0] ?? null);
    } finally {
      submit.disabled = false;
    }
  }

  /** Show one page of the file, and the page of the form that it is. @param {TrialPage | null} page */
  async function look(page) {
    shown = page;
    if (page?.page) app.pages.turn(page.page);
    if (page?.picture) await paint(page.picture);
    show(true);
    app.sheet.render();
    light();
  }

  /** @param {string} picture */
  async function paint(picture) {
    const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  }

  /** @param {TrialPage} page @returns {HTMLElement[]} */
  function block(page) {
    return [
      ...(found.length > 1 || app.data.pages.length > 1 ? [heading(page)] : []),
      ...(page.message ? [make("p", { class: "hint wrong" }, page.message)] : []),
      ...page.issues.map((issue) => make("p", { class: "hint amber" }, issue)),
      ...page.readings.map((reading) => readingRow(page, reading)),
    ];
  }

  /** @param {TrialPage} page */
  function heading(page) {
    const about = page.page ? fill(texts.is_page, { n: page.page }) : texts.is_none;
    const head = button(`${fill(texts.sheet_page, { n: page.number })} `, () => look(page), { class: "tried" });
    head.dataset.sheet = String(page.number);
    head.append(make("span", { class: page.page ? "mut" : "amber" }, about));
    return head;
  }

  /** @param {TrialPage} page @param {Reading} reading */
  function readingRow(page, reading) {
    const choose = async () => {
      if (shown !== page) await look(page);
      app.select(
        app.form.fields.findIndex((field) => field.id === reading.field),
        null,
      );
      app.sheet.reveal();
    };
    const value = reading.value ? make("b", {}, reading.value) : make("i", { class: "mut" }, texts.empty);
    const sure = reading.review ? "" : fill(texts.sure, { n: reading.sure });
    const row = button("", choose, { class: `reading${reading.review ? " asks" : ""}` });
    Object.assign(row.dataset, { field: reading.field, sheet: page.number });
    row.append(make("span", {}, reading.label), value, make("span", { class: "mut" }, sure));
    if (reading.reason) row.append(make("small", {}, reading.reason));
    return row;
  }

  /** Show the page that was read, or the blank again. @param {boolean} on */
  function show(on) {
    const painted = on && app.mode === "try" && Boolean(shown?.picture);
    canvas.hidden = !painted;
    blank.hidden = painted;
    svg.classList.toggle("away", painted && !shown?.page);
  }

  /** Another page of the form was turned to: show the first page of the file that is it, or its blank. */
  function turned() {
    if (app.mode !== "try" || shown?.page === app.page) return;
    look(found.find((page) => page.page === app.page) ?? null);
  }

  /** Must a person look at what was read here? @param {import("./form.js").Field} field */
  function asks(field) {
    return Boolean(shown?.readings.find((reading) => reading.field === field.id)?.review);
  }

  function light() {
    const field = app.chosen();
    const number = String(shown?.number);
    for (const head of findAll(".tried", HTMLElement, list)) {
      head.setAttribute("aria-pressed", String(head.dataset.sheet === number));
    }
    for (const row of findAll(".reading", HTMLElement, list)) {
      row.classList.toggle("on", row.dataset.field === field?.id && row.dataset.sheet === number);
    }
    list.querySelector(".reading.on")?.scrollIntoView({ block: "nearest" });
  }

  return { show, asks, light, turned };
}
