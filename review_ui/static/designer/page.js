// The form designer: one form in memory, shown as boxes over its blank and as a panel; saved by Ctrl+S.

import { reportFaults } from "../shared/faults.js";
import { around, byId, createStatus, find, findAll, markReady, pageData } from "../shared/page.js";
import { createZoom } from "../shared/zoom.js";
import * as model from "./form.js";
import { within } from "./geometry.js";
import { History } from "./history.js";
import { createPages } from "./pages.js";
import { createPanel } from "./panel.js";
import { createRules } from "./rules.js";
import { createSaving } from "./saving.js";
import { createSheet } from "./sheet.js";
import { createTrial } from "./trial.js";

/** @typedef {import("./geometry.js").Box} Box */

const ZOOM_FACTORS = [1, 1.25, 1.5, 2, 2.5, 3, 4];
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = { short: 0.1, long: 1 }; // mm an arrow

/** @type {import("./app.js").DesignerData} */
const data = pageData();
const { texts } = data;
const say = createStatus(byId("status", HTMLOutputElement));
const panel = byId("panel", HTMLElement);
const history = new History();

data.form.rules ??= [];
const app = /** @type {import("./app.js").App} */ ({
  data,
  form: structuredClone(data.form),
  faults: data.faults,
  kept: new Set(data.kept),
  selected: { field: -1, part: null },
  page: 1,
  mode: "design",
  tab: "field",
  openRule: -1,
  say,
  select,
  change,
  changed,
  remember,
  chosen,
  area,
  setArea,
  drawn,
  draw,
  duplicate,
  remove,
  openTab,
  concerns,
  turn,
  showFaults,
  sheetSize: () => data.pages[app.page - 1].sheet,
  faultsOf: (field) => app.faults.filter((fault) => concerns(fault, field)),
  asks: (field) => app.mode === "try" && app.trial.asks(field),
});
const saving = createSaving(app);
app.send = saving.send;
app.leave = saving.leave;
app.pages = createPages(app);
app.sheet = createSheet(app);
app.panel = createPanel(app);
app.rules = createRules(app);
app.trial = createTrial(app);

/** Is a fault about this field, one of its options, or what it lies over?
 * @param {import("./app.js").Fault} fault @param {model.Field} field */
function concerns(fault, field) {
  const own = [field.id, ...model.optionsOf(field).map((option) => option.id)];
  return (fault.field !== undefined && own.includes(fault.field)) || fault.other === field.id;
}

// --- what is chosen --------------------------------------------------------------------------------

/** @returns {model.Field | undefined} */
function chosen() {
  return app.form.fields[app.selected.field];
}

function area() {
  const field = chosen();
  return field && model.boxesOf(field).length ? model.areaOf(field, app.selected.part) : null;
}

/** @param {Box} box */
function setArea(box) {
  const field = chosen();
  if (field) model.place(field, app.selected.part, within(box, app.sheetSize()));
}

/** @param {number} index @param {number | null} part @param {{ panel?: boolean }} options */
function select(index, part, { panel: full = true } = {}) {
  app.selected = { field: index, part };
  const field = chosen();
  if (field) app.pages.turn(model.pageOf(field));
  app.sheet.render();
  if (app.mode === "try") return app.trial.light();
  if (full && index >= 0 && app.tab !== "field") openTab("field");
  else if (full) renderPanel();
  else app.panel.refreshPlace();
}

// --- changing, and taking it back ------------------------------------------------------------------

/** Keep the form as it is, to come back to. @param {string} key */
function remember(key = "") {
  history.remember(JSON.stringify({ form: app.form, selected: app.selected, page: app.page }), key);
}

/** @param {() => void} mutate @param {{ key?: string, panel?: boolean }} options */
function change(mutate, { key = "", panel: full = false } = {}) {
  remember(key);
  mutate();
  changed(full);
}

function changed(full = true) {
  app.sheet.render();
  if (full) renderPanel();
  say(saving.isDirty() ? texts.unsaved : "");
  saving.checkSoon();
}

function undo() {
  goTo(history.undo(present), texts.nothing, texts.undone);
}

function redo() {
  goTo(history.redo(present), texts.nothing_again, texts.redone);
}

/** The form as it is now, to come back to from another state: on the page where that was done. @param {string} other */
function present(other) {
  const { page } = JSON.parse(other);
  const selected = app.page === page ? app.selected : { field: -1, part: null };
  return JSON.stringify({ form: app.form, selected, page });
}

/** @param {string | null} state @param {string} nothing @param {string} done */
function goTo(state, nothing, done) {
  if (state === null) return say(nothing);
  Object.assign(app, JSON.parse(state));
  app.pages.show();
  changed();
  say(done);
}

/** Show another page of the form. @param {number} page */
function turn(page) {
  if (app.sheet.drawing() === "part") draw(null);
  app.pages.turn(page);
  app.trial.turned();
  app.sheet.render();
  renderPanel();
}

/** @param {"field" | "part" | null} what */
function draw(what) {
  const on = app.sheet.drawing() === what ? null : what;
  app.sheet.setDrawing(on);
  find("[data-act=draw]", HTMLElement).setAttribute("aria-pressed", String(on === "field"));
  say(on ? texts.draw : "");
}

/** @param {"field" | "part" | null} what @param {Box} box */
function drawn(what, box) {
  const field = chosen();
  draw(null);
  change(() => {
    if (what === "part" && field) {
      app.selected.part = model.addPart(field, box);
      return;
    }
    app.form.fields.push(model.newField(app.form, box, texts.field, app.page));
    app.selected = { field: app.form.fields.length - 1, part: null };
  });
  openTab("field");
  if (what === "field") byId("f-label", HTMLInputElement).select();
}

function duplicate() {
  const field = chosen();
  if (!field) return;
  change(
    () => {
      if (app.selected.part !== null) {
        const [x, y, w, h] = model.areaOf(field, app.selected.part);
        const below = field.layout === "ticks";
        const box = within(below ? [x, y + h + 1, w, h] : [x + w, y, w, h], app.sheetSize());
        app.selected.part = model.addPart(field, box);
        return;
      }
      app.form.fields.splice(app.selected.field + 1, 0, model.copyOf(app.form, field, app.sheetSize()));
      app.selected.field += 1;
    },
    { panel: true },
  );
}

function remove() {
  const field = chosen();
  if (!field) return;
  const { field: index, part } = app.selected;
  change(
    () => {
      if (part !== null && model.boxesOf(field).length > 1) {
        model.removePart(field, part);
        app.selected = { field: index, part: null };
      } else {
        model.removeField(app.form, field);
        app.selected = { field: -1, part: null };
      }
    },
    { panel: true },
  );
}

// --- the panel -------------------------------------------------------------------------------------

function renderPanel() {
  const about = app.tab === "form";
  const design = app.mode === "design";
  byId("about", HTMLElement).hidden = !about || !design;
  panel.hidden = about || !design;
  panel.replaceChildren(...panelContent());
  byId("title", HTMLInputElement).value = app.form.title;
  if (about) app.pages.paintList();
  countFaults();
}

/** @returns {import("./elements.js").Child[]} */
function panelContent() {
  if (app.tab === "field") return app.panel.field();
  if (app.tab === "rules") return app.rules.show();
  return app.tab === "problems" ? app.panel.allProblems() : [];
}

function countFaults() {
  const count = byId("count", HTMLElement);
  count.hidden = !app.faults.length;
  count.textContent = String(app.faults.length);
}

/** @param {string} name */
function openTab(name) {
  app.tab = name;
  for (const tab of findAll("[data-tab]", HTMLElement)) {
    tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
  }
  renderPanel();
}

/** @param {"design" | "try"} mode */
function setMode(mode) {
  app.mode = mode;
  const trying = mode === "try";
  document.body.classList.toggle("trying", trying);
  for (const button of findAll("[data-mode]", HTMLElement)) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }
  byId("tabs", HTMLElement).hidden = trying;
  byId("attempt", HTMLElement).hidden = !trying;
  if (app.sheet.drawing()) draw(null);
  app.trial.show(trying);
  app.sheet.render();
  renderPanel();
}

/** @param {import("./app.js").Fault[]} faults */
function showFaults(faults) {
  app.faults = faults;
  countFaults();
  app.sheet.render();
  if (app.tab === "problems") renderPanel();
  else app.panel.refreshFaults();
}

// --- keyboard and mouse ----------------------------------------------------------------------------

/** @param {[number, number]} direction @param {number} step mm */
function nudge([dx, dy], step) {
  const box = area();
  if (!box) return;
  const [x, y, w, h] = box;
  change(() => setArea([x + dx * step, y + dy * step, w, h]), { key: "nudge", panel: true });
}

/** The next single box of the field; after the last the whole field again. */
function nextPart() {
  const field = chosen();
  const count = field ? model.boxesOf(field).length : 0;
  if (count < 2) return;
  const part = app.selected.part === null ? 0 : app.selected.part + 1;
  select(app.selected.field, part < count ? part : null);
}

document.addEventListener("keydown", (event) => {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey ? event.key.toLowerCase() : "";
  if (["s", "z", "y"].includes(command)) {
    event.preventDefault();
    if (command === "s") saving.save();
    else if (app.mode === "design") (command === "y" || event.shiftKey ? redo : undo)();
  } else if (event.altKey && ["+", "=", "-"].includes(event.key)) {
    event.preventDefault();
    zoom(event.key === "-" ? -1 : 1);
  } else if (
    ["PageUp", "PageDown"].includes(event.key) &&
    data.pages.length > 1 &&
    !isIn(event, "select, [type=number]")
  ) {
    event.preventDefault();
    turn(app.page + (event.key === "PageUp" ? -1 : 1));
  } else if (
    !command &&
    !event.altKey &&
    app.mode === "design" &&
    !isIn(event, "input, select, textarea, button, summary")
  ) {
    onSheetKey(event);
  }
});

/** @param {Event} event @param {string} selector */
function isIn(event, selector) {
  return event.target instanceof Element && event.target.matches(selector);
}

/** @param {KeyboardEvent} event */
function onSheetKey(event) {
  const arrow = ARROWS[event.key];
  if (arrow && area()) nudge(arrow, event.shiftKey ? STEP.long : STEP.short);
  else if (event.key === "Delete" || event.key === "Backspace") remove();
  else if (event.key === "Enter") nextPart();
  else if (event.key === "Escape" && app.sheet.drawing()) draw(null);
  else if (event.key === "Escape") select(app.selected.field, null);
  else if (event.key === "n") draw("field");
  else return;
  event.preventDefault();
}

const zoom = createZoom(ZOOM_FACTORS, byId("zoom", HTMLElement), (factor) => {
  find(".page-view", HTMLElement).style.width = `${factor * 100}%`;
  app.sheet.paintSelection();
  app.sheet.reveal();
});

document.addEventListener("click", (event) => {
  const button = around(event, "button");
  if (!button) return;
  const { zoom: way, tab, mode, act } = button.dataset;
  if (way) zoom(way === "in" ? 1 : -1);
  else if (tab) openTab(tab);
  else if (mode) setMode(mode === "try" ? "try" : "design");
  else if (act === "draw") draw("field");
  else if (act === "undo") undo();
  else if (act === "redo") redo();
  else if (act === "save") saving.save();
});
const title = byId("title", HTMLInputElement);
title.addEventListener("input", () =>
  change(
    () => {
      app.form.title = title.value;
    },
    { key: "title" },
  ),
);
document.getElementById("discard")?.addEventListener("submit", saving.forget);
window.addEventListener("resize", () => app.sheet.paintSelection());
window.addEventListener("beforeunload", (event) => {
  if (saving.isDirty()) event.preventDefault();
});
reportFaults(() => say(texts.fault, "wrong"));

app.pages.show();
app.sheet.render();
renderPanel();
markReady();
