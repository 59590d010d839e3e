// The panel beside the sheet: everything about the field that is chosen, and what is wrong with the form.

import { fill } from "../shared/messages.js";
import { byId, findAll } from "../shared/page.js";
import { button, labelled, make, numberInput, select, textInput } from "./elements.js";
import * as model from "./form.js";
import { split } from "./geometry.js";

/** @typedef {import("./form.js").Field} Field */
/** @typedef {import("./form.js").Option} Option */
/** @typedef {import("./elements.js").Child} Child */
/** @typedef {(key: string, change: () => void, panel?: boolean) => void} Edit */

const CELLS = { least: 2, most: 60 };

/** @param {import("./app.js").App} app */
export function createPanel(app) {
  const { texts, names } = app.data;

  // --- one field ---------------------------------------------------------------------------------

  /** @returns {Child[]} */
  function field() {
    const spec = app.chosen();
    if (!spec) return [make("p", { class: "empty" }, texts.choose), list()];
    /** @type {Edit} */
    const edit = (key, change, panel = false) => app.change(change, { key: `${key}-${app.selected.field}`, panel });
    const several = spec.layout === "comb" || spec.layout === "parts";
    const ticks = spec.layout === "ticks";
    const another = button(ticks ? texts.add_option : texts.add_box, () => app.draw("part"), { class: "settle" });
    return [
      problems(app.faultsOf(spec)),
      labelled(texts.label, labelInput(spec, edit)),
      make("div", { class: "pair" }, idInput(spec, edit), numberOfQuestion(spec, edit)),
      make("div", { class: "pair" }, kindInput(spec, edit), layoutInput(spec, edit)),
      make(
        "div",
        { class: "pair" },
        spec.kind === "text" ? wordList(spec, edit) : make("span"),
        several && model.wanted(spec) === 0 ? cells(spec, edit) : make("span"),
      ),
      app.data.pages.length > 1 ? repeats(spec, edit) : "",
      required(spec, edit),
      ticks ? options(spec, edit) : "",
      place(),
      make(
        "div",
        { class: "row" },
        several || ticks ? another : "",
        button(texts.duplicate, app.duplicate, { class: "settle", id: "duplicate" }),
        button(texts.delete, app.remove, { class: "settle", id: "delete" }),
      ),
    ];
  }

  /** @param {Field} spec @param {Edit} edit */
  function labelInput(spec, edit) {
    const input = textInput(spec.label, (label) => edit("label", () => relabel(spec, label)), {
      id: "f-label",
      class: "name",
      onkeydown: onward,
    });
    input.addEventListener("change", () => takeNumberApart(spec, edit));
    return input;
  }

  /** @param {Field} spec @param {Edit} edit */
  function idInput(spec, edit) {
    const set = (/** @type {string} */ id) => edit("id", () => model.rename(app.form, spec, id));
    return labelled(texts.id, textInput(spec.id, set, { id: "f-id", maxLength: 60 }));
  }

  /** @param {Field} spec @param {Edit} edit */
  function numberOfQuestion(spec, edit) {
    const set = (/** @type {string} */ no) =>
      edit("no", () => {
        spec.no = no;
      });
    return labelled(texts.no, textInput(spec.no, set, { id: "f-no", maxLength: 12 }));
  }

  /** @param {Field} spec @param {Edit} edit */
  function kindInput(spec, edit) {
    const set = (/** @type {string} */ kind) =>
      edit("", () => model.setKind(app.form, spec, kind, app.data.layouts), true);
    return labelled(texts.kind, select(names.kind, spec.kind, set), "f-kind");
  }

  /** @param {Field} spec @param {Edit} edit */
  function layoutInput(spec, edit) {
    const fit = Object.fromEntries(app.data.layouts[spec.kind].map((layout) => [layout, names.layout[layout]]));
    const set = (/** @type {string} */ layout) => edit("", () => model.setLayout(spec, layout), true);
    return labelled(texts.layout, select(fit, spec.layout, set), "f-layout");
  }

  /** @param {Field} spec @param {Edit} edit */
  function wordList(spec, edit) {
    const set = (/** @type {string} */ name) => edit("", () => setOrDelete(spec, "lexicon", name));
    return labelled(texts.lexicon, select(names.list, spec.lexicon, set, texts.none), "f-lexicon");
  }

  /** @param {Field} spec @param {Edit} edit */
  function repeats(spec, edit) {
    const choices = named(model.repeatable(app.form, spec));
    const set = (/** @type {string} */ id) => edit("", () => setOrDelete(spec, "same_as", id));
    return labelled(texts.same_as, select(choices, spec.same_as, set, texts.no_repeat), "f-same");
  }

  /** @param {Field} spec @param {"lexicon" | "same_as"} key @param {string} value */
  function setOrDelete(spec, key, value) {
    if (value) spec[key] = value;
    else delete spec[key];
  }

  /** @param {Field} spec @param {Edit} edit */
  function required(spec, edit) {
    const box = make("input", { type: "checkbox", checked: Boolean(spec.required) });
    box.addEventListener("change", () =>
      edit("", () => {
        spec.required = box.checked;
      }),
    );
    return make("label", { class: "choice" }, box, make("i", {}, texts.required));
  }

  /** Fields by id, as they are named where one is chosen: with their page where there are several. @param {Field[]} fields */
  function named(fields) {
    /** @param {Field} spec */
    const page = (spec) => (app.data.pages.length > 1 ? ` (${app.pages.named(model.pageOf(spec)).toLowerCase()})` : "");
    return Object.fromEntries(fields.map((spec) => [spec.id, `${withNumber(spec)}${page(spec)}`]));
  }

  /** @param {Field} spec */
  function withNumber(spec) {
    return `${spec.no ? `${spec.no}. ` : ""}${spec.label}`;
  }

  /** @param {Field} spec @param {string} label */
  function relabel(spec, label) {
    const taken = app.form.fields.map((other) => other.id);
    const id = model.following(spec, label, taken, app.kept.has(spec.id));
    if (id !== spec.id) model.rename(app.form, spec, id);
    spec.label = label;
    byId("f-id", HTMLInputElement).value = id;
  }

  /** The number of a question that was typed before its label goes where it belongs. @param {Field} spec @param {Edit} edit */
  function takeNumberApart(spec, edit) {
    const found = spec.no ? null : model.numbered(spec.label);
    if (!found) return;
    edit("label", () => {
      spec.no = found.no;
      relabel(spec, found.label);
    });
    byId("f-label", HTMLInputElement).value = spec.label;
    byId("f-no", HTMLInputElement).value = found.no;
  }

  /** Enter in a name goes on to the next: the options of a choice, then the field after it. Shift: back. @param {KeyboardEvent} event */
  function onward(event) {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    const input = event.target;
    if (!(input instanceof HTMLInputElement)) return;
    event.preventDefault();
    input.blur();
    const step = event.shiftKey ? -1 : 1;
    const here = nameInputs();
    const next = here[here.indexOf(input) + step];
    if (next) return next.select();
    const at = app.selected.field + step;
    if (!app.form.fields[at]) return input.focus();
    app.select(at, null);
    app.sheet.reveal();
    nameInputs()
      .at(step > 0 ? 0 : -1)
      ?.select();
  }

  function nameInputs() {
    return findAll("#panel input.name", HTMLInputElement);
  }

  /** @param {Field} spec @param {Edit} edit */
  function cells(spec, edit) {
    const set = (/** @type {number} */ n) => {
      if (n < CELLS.least || n > CELLS.most) return;
      edit(
        "",
        () => {
          spec.boxes = split(model.areaOf(spec, null), Math.round(n));
        },
        true,
      );
    };
    const limits = { step: "1", min: String(CELLS.least), max: String(CELLS.most) };
    return labelled(texts.cells, numberInput((spec.boxes ?? []).length, set, limits));
  }

  /** @param {Field} spec @param {Edit} edit */
  function options(spec, edit) {
    const rows = model.optionsOf(spec).map((option, i) => optionRow(spec, option, i, edit));
    return make("fieldset", { class: "options" }, make("legend", {}, texts.options), ...rows);
  }

  /** @param {Field} spec @param {Option} option @param {number} i @param {Edit} edit */
  function optionRow(spec, option, i, edit) {
    /** @param {string} what */
    const label = (what) => ({ "aria-label": `${texts.option} ${i + 1}: ${what}` });
    const id = textInput(option.id, (v) => edit(`oid${i}`, () => model.renameOption(app.form, spec, option, v)), {
      ...label(texts.id),
      maxLength: 60,
    });
    const name = textInput(option.label, (v) => edit(`olabel${i}`, () => relabelOption(spec, option, v, id)), {
      ...label(texts.label),
      class: "name",
      onkeydown: onward,
    });
    const remove = () =>
      edit(
        "",
        () => {
          model.removePart(spec, i);
          app.selected.part = null;
        },
        true,
      );
    const row = make("div", { class: `option${app.selected.part === i ? " on" : ""}` }, id, name);
    row.append(button("×", remove, { class: "settle", ...label(texts.delete) }));
    row.addEventListener("focusin", () => {
      if (app.selected.part !== i) app.select(app.selected.field, i, { panel: false });
    });
    return row;
  }

  /** @param {Field} spec @param {Option} option @param {string} label @param {HTMLInputElement} shown */
  function relabelOption(spec, option, label, shown) {
    const taken = model.optionsOf(spec).map((other) => other.id);
    const id = model.following(option, label, taken, app.kept.has(`${spec.id}/${option.id}`));
    if (id !== option.id) model.renameOption(app.form, spec, option, id);
    option.label = label;
    shown.value = id;
  }

  /** @returns {Child} */
  function place() {
    const area = app.area();
    if (!area) return "";
    const part = app.selected.part;
    const what = part === null ? texts.whole : fill(texts.part, { n: part + 1 });
    const inputs = [texts.left, texts.top, texts.width, texts.height].map((name, i) => {
      const set = (/** @type {number} */ value) => {
        const [x, y, w, h] = area.map((old, j) => (i === j ? value : old));
        app.change(() => app.setArea([x, y, w, h]), { panel: true });
      };
      return labelled(name, numberInput(area[i], set));
    });
    const legend = make("legend", {}, `${texts.box}, ${what.toLowerCase()}`);
    return make("fieldset", { id: "place" }, legend, make("div", { class: "four" }, ...inputs));
  }

  /** Another box of the field was chosen: only its numbers are painted, so that the caret stays. */
  function refreshPlace() {
    document.getElementById("place")?.replaceWith(place());
    findAll("#panel .option", HTMLElement).forEach((row, i) => {
      row.classList.toggle("on", i === app.selected.part);
    });
  }

  function list() {
    const here = [...app.form.fields.entries()].filter(([, spec]) => model.pageOf(spec) === app.page);
    const items = here.map(([i, spec]) => {
      const choose = button(withNumber(spec), () => show(i), { class: "plain" });
      return make("li", {}, choose, make("span", { class: "mut" }, names.kind[spec.kind]));
    });
    return make("ul", { class: "listed" }, ...items);
  }

  /** @param {number} index */
  function show(index) {
    app.select(index, null);
    app.sheet.focusOn(index);
  }

  // --- what is wrong -----------------------------------------------------------------------------

  /** @param {import("./app.js").Fault[]} faults */
  function problems(faults) {
    return make("div", { class: "faults" }, ...faults.map((fault) => make("p", { class: "hint wrong" }, fault.text)));
  }

  function allProblems() {
    if (!app.faults.length) return [make("p", { class: "empty" }, texts.fine)];
    const items = app.faults.map((fault) => {
      const at = app.form.fields.findIndex((spec) => app.concerns(fault, spec));
      const go = at >= 0 ? () => showIn(at) : fault.page ? () => app.turn(Number(fault.page)) : null;
      return make("li", {}, go ? button(fault.text, go, { class: "plain" }) : make("span", {}, fault.text));
    });
    return [make("ul", { class: "listed" }, ...items)];
  }

  /** @param {number} index */
  function showIn(index) {
    app.select(index, null);
    app.openTab("field");
    app.sheet.focusOn(index);
  }

  /** What is wrong was counted anew: only that is painted, so that the caret stays. */
  function refreshFaults() {
    const spec = app.chosen();
    const shown = document.querySelector("#panel .faults");
    if (shown && spec && app.tab === "field") shown.replaceWith(problems(app.faultsOf(spec)));
  }

  return { field, named, allProblems, problems, refreshFaults, refreshPlace };
}
