// The pages of a form: turning to one, and changing which there are. The server keeps what is changed as a draft.

import { fill } from "../shared/messages.js";
import { byId, find, findAll } from "../shared/page.js";
import { button, make } from "./elements.js";
import { pageOf } from "./form.js";

const PX_PER_MM = 10; // of the blank's picture at zoom 1; the style sheet scales it to its frame

/** @param {import("./app.js").App} app */
export function createPages(app) {
  const { texts, pages } = app.data;
  const tabs = byId("pages", HTMLElement);
  const list = byId("page-list", HTMLElement);
  const picture = find(".page-view img", HTMLImageElement);
  const svg = find(".page-view svg", SVGSVGElement);
  const scroller = find(".scroller", HTMLElement);
  let asked = 0; // the page whose removal is being asked about
  let busy = false;

  /** @param {number} n */
  function named(n) {
    return fill(texts.page, { n });
  }

  /** Show one page; a field that stands on another is no longer chosen. @param {number} n */
  function turn(n) {
    if (n < 1 || n > pages.length || n === app.page) return;
    app.page = n;
    const field = app.chosen();
    if (field && pageOf(field) !== n) app.selected = { field: -1, part: null };
    scroller.scrollTo(0, 0);
    show();
  }

  function show() {
    const { sheet, blank } = pages[app.page - 1];
    const address = new URL(blank, location.href).href;
    if (picture.src !== address) picture.src = address;
    [picture.width, picture.height] = sheet.map((side) => Math.round(side * PX_PER_MM));
    svg.setAttribute("viewBox", `0 0 ${sheet[0]} ${sheet[1]}`);
    for (const tab of findAll("button", HTMLElement, tabs)) {
      tab.setAttribute("aria-pressed", String(Number(tab.dataset.page) === app.page));
    }
  }

  // --- which pages there are ---------------------------------------------------------------------

  function paintList() {
    list.replaceChildren(...pages.map((page, i) => (asked === i + 1 ? question(i + 1) : row(page.sheet, i + 1))));
  }

  /** @param {number} n */
  function fieldsOn(n) {
    return app.form.fields.filter((field) => pageOf(field) === n).length;
  }

  /** The address of an action on a page. @param {string} address of page 0 @param {number} n */
  function addressOf(address, n) {
    return address.replace("/0/", `/${n}/`);
  }

  /** @param {[number, number]} sheet @param {number} n */
  function row(sheet, n) {
    const about = `${sheet.join(" × ")} mm, ${fill(texts.fields, { n: fieldsOn(n) })}`;
    const name = button(named(n), () => app.turn(n), { class: "plain" });
    const parts = [name, make("span", { class: "mut" }, about)];
    if (!app.data.ready) return make("li", {}, ...parts);
    const replace = () => choose((file) => post(addressOf(app.data.urls.blank, n), file));
    const other = button(texts.new_blank, replace, action(`${named(n)}: ${texts.new_blank}`));
    const remove = button(texts.remove_page, () => ask(n), action(`${named(n)}: ${texts.remove_page}`));
    return make("li", {}, ...parts, make("span", { class: "row" }, other, pages.length > 1 ? remove : ""));
  }

  /** @param {string} label */
  function action(label) {
    return { class: "settle", "aria-label": label };
  }

  /** @param {number} n */
  function ask(n) {
    asked = n;
    paintList();
    findAll("button.keep", HTMLElement, list)[0]?.focus();
  }

  /** @param {number} n */
  function question(n) {
    const text = fill(texts.ask_remove, { n, m: fieldsOn(n) });
    const yes = button(texts.remove_page, () => post(addressOf(app.data.urls.remove, n)), { class: "settle" });
    const no = button(texts.keep_page, () => ask(0), { class: "settle keep" });
    const buttons = make("span", { class: "row" }, no, yes);
    return make("li", { class: "asked", role: "alert" }, make("span", {}, text), buttons);
  }

  /** @param {(file: File) => void} then */
  function choose(then) {
    const input = make("input", { type: "file", accept: ".pdf,.png,.jpg,.jpeg" });
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (file) then(file);
    });
    input.click();
  }

  /** Send the form on the screen; it comes back as a draft with other pages. @param {string} url @param {File | null} file */
  async function post(url, file = null) {
    if (busy) return;
    busy = true;
    app.say(texts.changing);
    const body = new FormData();
    body.append("form", JSON.stringify(app.form));
    body.append("seen", app.data.seen);
    if (file) body.append("blank", file);
    try {
      const outcome = await app.send(url, body);
      if (outcome.ok) app.leave(outcome.body.next);
      else app.say(outcome.message, "wrong");
    } finally {
      busy = false;
    }
  }

  const add = document.getElementById("add-page");
  add?.addEventListener("click", () => choose((file) => post(app.data.urls.add, file)));
  tabs.replaceChildren(
    ...pages.map((_, i) => {
      const about = { "data-page": i + 1, "aria-pressed": "false", title: named(i + 1), "aria-label": named(i + 1) };
      return button(String(i + 1), () => app.turn(i + 1), about);
    }),
  );
  tabs.hidden = pages.length < 2;
  const wished = Number(new URLSearchParams(location.search).get("page"));
  if (wished >= 1 && wished <= pages.length) app.page = wished;

  return { turn, show, paintList, named };
}
