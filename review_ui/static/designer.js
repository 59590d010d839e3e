// The form designer: one form in memory, shown as boxes over its blank and as a panel; saved by Ctrl+S.

const data = JSON.parse(document.getElementById("designer-data").textContent);
const { texts } = data;
// Imported by address, since the address holds the content's hash: a browser may then keep them for ever.
const scripts = ["form", "sheet", "pages", "panel", "rules", "attempt", "sending"].map((name) => import(data.scripts[name]));
const [model, sheets, pageset, panels, rulesets, tries, sending] = await Promise.all(scripts);
const post = sending.createSender(data, data.urls.token);
const paper = document.querySelector(".paper");
const status = document.getElementById("status");
const panel = document.getElementById("panel");
const ZOOMS = [1, 1.25, 1.5, 2, 2.5, 3, 4];
const CHECK_MS = 500;
const UNDO_STEPS = 200;
const JOIN_MS = 1500;
const history = [];
const future = [];
let zoom = 0;
let waiting = 0;
let last = { key: "", at: 0 };
let saved = JSON.stringify(data.form);
let saving = false;

const app = {
  data,
  form: structuredClone(data.form),
  faults: data.faults,
  kept: new Set(data.kept), // ids in the version in force
  selected: { field: -1, part: null },
  page: 1,
  mode: "design",
  tab: "field",
  openRule: -1,
  say, send, select, change, changed, remember, area, wholeArea, setArea, drawn, draw, duplicate, remove, openTab, concerns, turn, leave,
  sheetSize: () => data.pages[app.page - 1].sheet,
  faultsOf: (field) => app.faults.filter((fault) => concerns(fault, field)),
  asks: (field) => app.mode === "try" && app.attempt.asks(field),
};
app.form.rules ??= [];
saved = JSON.stringify(app.form);
app.pages = pageset.createPages(app, model, panels);
app.sheet = sheets.createSheet(app, model);
app.panel = panels.createPanel(app, model);
app.rules = rulesets.createRules(app, model, panels, app.panel);
app.attempt = tries.createTry(app, panels);

function say(text, kind = "") {
  status.textContent = text;
  status.className = kind;
}

/** Is a fault about this field, one of its options, or what it lies over? */
function concerns(fault, field) {
  return fault.field === field.id || fault.other === field.id || (field.options ?? []).some((o) => o.id === fault.field);
}

// --- what is chosen --------------------------------------------------------------------------------

function chosen() {
  return app.form.fields[app.selected.field];
}

function area() {
  const field = chosen();
  return field && model.boxesOf(field).length ? model.areaOf(field, app.selected.part) : null;
}

function wholeArea() {
  return model.areaOf(chosen(), null);
}

function setArea(box) {
  model.place(chosen(), app.selected.part, model.within(box, app.sheetSize()));
}

function select(field, part, { panel: full = true } = {}) {
  app.selected = { field, part };
  if (field >= 0) app.pages.turn(model.pageOf(chosen()));
  app.sheet.render();
  if (app.mode === "try") return app.attempt.light();
  if (full && field >= 0 && app.tab !== "field") openTab("field");
  else if (full) renderPanel();
  else app.panel.refreshPlace();
}

// --- changing, and taking it back ------------------------------------------------------------------

/** Keep the form as it is, to come back to; what is typed in one go is one step. */
function remember(key = "") {
  const now = Date.now();
  const joined = key && key === last.key && now - last.at < JOIN_MS;
  last = { key, at: now };
  if (joined) return;
  future.length = 0;
  history.push(snapshot());
  if (history.length > UNDO_STEPS) history.shift();
}

function snapshot() {
  return JSON.stringify({ form: app.form, selected: app.selected, page: app.page });
}

function change(mutate, { key = "", panel: full = false } = {}) {
  remember(key);
  mutate();
  changed(full);
}

function changed(full = true) {
  app.sheet.render();
  if (full) renderPanel();
  say(isDirty() ? texts.unsaved : "");
  clearTimeout(waiting);
  waiting = setTimeout(check, CHECK_MS);
}

function undo() {
  step(history, future, texts.nothing, texts.undone);
}

function redo() {
  step(future, history, texts.nothing_again, texts.redone);
}

function step(from, to, nothing, done) {
  if (!from.length) return say(nothing);
  const other = JSON.parse(from.pop());
  // it comes back on the page where it was done, whatever page is looked at now
  const selected = app.page === other.page ? app.selected : { field: -1, part: null };
  to.push(JSON.stringify({ form: app.form, selected, page: other.page }));
  Object.assign(app, other);
  last.key = "";
  app.pages.show();
  changed();
  return say(done);
}

/** Show another page of the form. */
function turn(page) {
  if (app.sheet.drawing() === "part") draw(null);
  app.pages.turn(page);
  app.attempt.turned();
  app.sheet.render();
  renderPanel();
}

/** Go to another address; nothing is lost by it. */
function leave(address) {
  saved = JSON.stringify(app.form);
  location.assign(address);
}

function isDirty() {
  return JSON.stringify(app.form) !== saved;
}

function draw(what) {
  const on = app.sheet.drawing() === what ? null : what;
  app.sheet.setDrawing(on);
  document.querySelector("[data-act=draw]").setAttribute("aria-pressed", String(on === "field"));
  say(on ? texts.draw : "");
}

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
  const label = document.getElementById("f-label");
  if (what === "field") label?.select();
}

function duplicate() {
  const field = chosen();
  if (!field) return;
  change(() => {
    if (app.selected.part !== null) {
      const [x, y, w, h] = area();
      const below = field.layout === "ticks";
      const box = model.within(below ? [x, y + h + 1, w, h] : [x + w, y, w, h], app.sheetSize());
      app.selected.part = model.addPart(field, box);
      return;
    }
    app.form.fields.splice(app.selected.field + 1, 0, model.copyOf(app.form, field, app.sheetSize()));
    app.selected.field += 1;
  }, { panel: true });
}

function remove() {
  const field = chosen();
  if (!field) return;
  const single = app.selected.part !== null && model.boxesOf(field).length > 1;
  change(() => {
    if (single) model.removePart(field, app.selected.part);
    else model.removeField(app.form, field);
    app.selected = { field: single ? app.selected.field : -1, part: null };
  }, { panel: true });
}

// --- the panel -------------------------------------------------------------------------------------

function renderPanel() {
  const about = app.tab === "form";
  document.getElementById("about").hidden = !about || app.mode !== "design";
  panel.hidden = about || app.mode !== "design";
  const content = { field: app.panel.field, rules: app.rules.show, problems: app.panel.allProblems }[app.tab];
  panel.replaceChildren(...(content?.() ?? []));
  document.getElementById("title").value = app.form.title;
  if (about) app.pages.paintList();
  countFaults();
}

function countFaults() {
  const count = document.getElementById("count");
  count.hidden = !app.faults.length;
  count.textContent = app.faults.length;
}

function openTab(name) {
  app.tab = name;
  for (const tab of document.querySelectorAll("[data-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
  renderPanel();
}

function setMode(mode) {
  app.mode = mode;
  const trying = mode === "try";
  document.body.classList.toggle("trying", trying);
  for (const button of document.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  document.getElementById("tabs").hidden = trying;
  document.getElementById("attempt").hidden = !trying;
  if (app.sheet.drawing()) draw(null);
  app.attempt.show(trying);
  app.sheet.render();
  renderPanel();
}

// --- the server ------------------------------------------------------------------------------------

async function send(url, body) {
  try {
    const { status: code, body: given } = await post(url, body);
    return { ok: code >= 200 && code < 300, status: code, body: given, message: code === 401 ? texts.login : given.message };
  } catch {
    return { ok: false, status: 0, body: {}, message: texts.offline };
  }
}

async function check() {
  const asked = JSON.stringify(app.form);
  const answer = await send(data.urls.check, app.form);
  if (answer.ok && asked === JSON.stringify(app.form)) tell(answer.body.faults);
}

function tell(faults) {
  app.faults = faults;
  countFaults();
  app.sheet.render();
  if (app.tab === "problems") renderPanel();
  else app.panel.refreshFaults();
}

async function save() {
  if (saving) return;
  saving = true;
  say(texts.saving);
  const sent = JSON.stringify(app.form);
  const answer = await send(data.urls.save, { form: app.form, seen: data.seen });
  saving = false;
  if (!answer.ok) return say({ 409: texts.conflict, 0: texts.offline, 401: texts.login }[answer.status] ?? texts.failed, "wrong");
  saved = sent;
  data.seen = answer.body.seen;
  tell(answer.body.faults);
  if (answer.body.version === null) {
    openTab("problems");
    return say(texts.kept.replace("{n}", app.faults.length), "amber");
  }
  app.kept = new Set(model.idsOf(JSON.parse(sent)));
  const said = texts.saved.replace("{n}", answer.body.version);
  document.getElementById("version").textContent = said;
  document.getElementById("discard")?.remove();
  return say(said);
}

// --- keyboard and mouse ----------------------------------------------------------------------------

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function nudge([dx, dy], step) {
  const [x, y, w, h] = area();
  change(() => setArea([x + dx * step, y + dy * step, w, h]), { key: "nudge", panel: true });
}

/** The next single box of the field; after the last the whole field again. */
function nextPart() {
  const count = model.boxesOf(chosen()).length;
  if (count < 2) return;
  const part = app.selected.part === null ? 0 : app.selected.part + 1;
  select(app.selected.field, part < count ? part : null);
}

document.addEventListener("keydown", (event) => {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey ? event.key.toLowerCase() : "";
  if (["s", "z", "y"].includes(command)) {
    event.preventDefault();
    if (command === "s") save();
    else if (app.mode === "design") (command === "y" || event.shiftKey ? redo : undo)();
    return;
  }
  if (event.altKey && (event.key === "+" || event.key === "=" || event.key === "-")) {
    event.preventDefault();
    setZoom(event.key === "-" ? -1 : 1);
    return;
  }
  if (["PageUp", "PageDown"].includes(event.key) && data.pages.length > 1 && !event.target.matches?.("select, [type=number]")) {
    event.preventDefault();
    return turn(app.page + (event.key === "PageUp" ? -1 : 1));
  }
  const typing = event.target.matches?.("input, select, textarea, button, summary");
  if (!typing && !command && !event.altKey && app.mode === "design") onSheetKey(event);
});

function onSheetKey(event) {
  const known = {
    Delete: remove,
    Backspace: remove,
    Enter: () => chosen() && nextPart(),
    Escape: () => (app.sheet.drawing() ? draw(null) : select(app.selected.field, null)),
    n: () => draw("field"),
  }[event.key];
  if (ARROWS[event.key] && area()) nudge(ARROWS[event.key], event.shiftKey ? 1 : 0.1);
  else if (known) known();
  else return;
  event.preventDefault();
}

function setZoom(step) {
  zoom = Math.min(Math.max(zoom + step, 0), ZOOMS.length - 1);
  paper.style.width = `${ZOOMS[zoom] * 100}%`;
  document.getElementById("zoom").textContent = `${Math.round(ZOOMS[zoom] * 100)} %`;
  app.sheet.paintSelection();
  app.sheet.reveal();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.zoom) setZoom(button.dataset.zoom === "in" ? 1 : -1);
  else if (button.dataset.tab) openTab(button.dataset.tab);
  else if (button.dataset.mode) setMode(button.dataset.mode);
  else if (button.dataset.act) ({ draw: () => draw("field"), undo, redo, save })[button.dataset.act]();
});
document.getElementById("title").addEventListener("input", (event) => change(() => (app.form.title = event.target.value), { key: "title" }));
document.getElementById("discard")?.addEventListener("submit", () => (saved = JSON.stringify(app.form)));
window.addEventListener("resize", () => app.sheet.paintSelection());
window.addEventListener("beforeunload", (event) => {
  if (isDirty()) event.preventDefault();
});

app.pages.show();
app.sheet.render();
renderPanel();
document.body.dataset.ready = "1";
