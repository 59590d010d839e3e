// The panel beside the sheet: everything about the field that is chosen, and what is wrong with the form.

/** An element with attributes, listeners (on…) and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

export function labelled(text, control, more = "") {
  return make("label", { class: `line ${more}` }, text, control);
}

export function select(options, chosen, onchange, none = null) {
  const items = Object.entries(options).map(([value, text]) => make("option", { value, selected: value === chosen }, text));
  if (none !== null) items.unshift(make("option", { value: "", selected: !chosen }, none));
  return make("select", { onchange: (event) => onchange(event.target.value) }, ...items);
}

function pick(names, keys) {
  return Object.fromEntries(keys.map((key) => [key, names[key]]));
}

export function createPanel(app, model) {
  const texts = app.data.texts;
  const names = app.data.names;

  function text(value, onvalue, more = {}) {
    return make("input", { value: value ?? "", autocomplete: "off", spellcheck: false, maxLength: 200, oninput: (e) => onvalue(e.target.value), ...more });
  }

  function number(value, onvalue, more = {}) {
    const onchange = (event) => Number.isFinite(event.target.valueAsNumber) && onvalue(event.target.valueAsNumber);
    return make("input", { type: "number", step: "0.1", min: "0", value: String(Math.round(value * 100) / 100), onchange, ...more });
  }

  function button(label, onclick, more = {}) {
    return make("button", { type: "button", onclick, ...more }, label);
  }

  // --- one field ---------------------------------------------------------------------------------

  function field() {
    const spec = app.form.fields[app.selected.field];
    if (!spec) return [make("p", { class: "empty" }, texts.choose), list()];
    const edit = (key, change, full = false) => app.change(change, { key: `${key}-${app.selected.field}`, panel: full });
    const several = spec.layout === "comb" || spec.layout === "parts";
    return [
      problems(app.faultsOf(spec)),
      labelled(texts.label, text(spec.label, (v) => edit("label", () => relabel(spec, v)), { id: "f-label", class: "name", onkeydown: onward, onchange: () => part(spec, edit) })),
      make("div", { class: "pair" },
        labelled(texts.id, text(spec.id, (v) => edit("id", () => model.rename(app.form, spec, v)), { id: "f-id", maxLength: 60 })),
        labelled(texts.no, text(spec.no, (v) => edit("no", () => (spec.no = v)), { id: "f-no", maxLength: 12 }))),
      make("div", { class: "pair" },
        labelled(texts.kind, select(names.kind, spec.kind, (v) => edit("", () => model.setKind(app.form, spec, v, app.data.layouts), true)), "f-kind"),
        labelled(texts.layout, select(pick(names.layout, app.data.layouts[spec.kind]), spec.layout, (v) => edit("", () => model.setLayout(spec, v), true)), "f-layout")),
      make("div", { class: "pair" },
        spec.kind === "text" ? labelled(texts.lexicon, select(names.list, spec.lexicon, (v) => edit("", () => setList(spec, v)), texts.none), "f-lexicon") : make("span"),
        several && model.wanted(spec) === 0 ? cells(spec, edit) : make("span")),
      app.data.pages.length > 1 ? labelled(texts.same_as, select(named(model.repeatable(app.form, spec)), spec.same_as, (v) => edit("", () => setSame(spec, v)), texts.no_repeat), "f-same") : "",
      make("label", { class: "choice" }, make("input", { type: "checkbox", checked: Boolean(spec.required), onchange: (e) => edit("", () => (spec.required = e.target.checked)) }), make("i", {}, texts.required)),
      spec.layout === "ticks" ? options(spec, edit) : "",
      place(),
      make("div", { class: "row" },
        several || spec.layout === "ticks" ? button(spec.layout === "ticks" ? texts.add_option : texts.add_box, () => app.draw("part"), { class: "settle" }) : "",
        button(texts.duplicate, app.duplicate, { class: "settle", id: "duplicate" }),
        button(texts.delete, app.remove, { class: "settle", id: "delete" })),
    ];
  }

  /** Fields by id, as they are named where one is chosen: with their page where there are several. */
  function named(fields) {
    const page = (spec) => (app.data.pages.length > 1 ? ` (${app.pages.named(model.pageOf(spec)).toLowerCase()})` : "");
    return Object.fromEntries(fields.map((spec) => [spec.id, `${spec.no ? `${spec.no}. ` : ""}${spec.label}${page(spec)}`]));
  }

  function setSame(spec, id) {
    if (id) spec.same_as = id;
    else delete spec.same_as;
  }

  function relabel(spec, label) {
    const id = model.following(spec, label, app.form.fields.map((f) => f.id), app.kept.has(spec.id));
    if (id !== spec.id) model.rename(app.form, spec, id);
    spec.label = label;
    document.getElementById("f-id").value = id;
  }

  function relabelOption(spec, option, label, row) {
    const id = model.following(option, label, spec.options.map((o) => o.id), app.kept.has(`${spec.id}/${option.id}`));
    if (id !== option.id) model.renameOption(app.form, spec, option, id);
    option.label = label;
    row.firstChild.value = id;
  }

  /** The number of a question that was typed before its label goes where it belongs. */
  function part(spec, edit) {
    const found = spec.no ? null : model.numbered(spec.label);
    if (!found) return;
    edit("label", () => {
      spec.no = found.no;
      relabel(spec, found.label);
    });
    document.getElementById("f-label").value = spec.label;
    document.getElementById("f-no").value = spec.no;
  }

  /** Enter in a name goes on to the next: the options of a choice, then the field after it. Shift: back. */
  function onward(event) {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    event.target.blur();
    const step = event.shiftKey ? -1 : 1;
    const here = nameInputs();
    const next = here[here.indexOf(event.target) + step];
    if (next) return next.select();
    const at = app.selected.field + step;
    if (!app.form.fields[at]) return event.target.focus();
    app.select(at, null);
    app.sheet.reveal();
    (step > 0 ? nameInputs()[0] : nameInputs().at(-1)).select();
  }

  function nameInputs() {
    return [...document.querySelectorAll("#panel input.name")];
  }

  function setList(spec, name) {
    if (name) spec.lexicon = name;
    else delete spec.lexicon;
  }

  function cells(spec, edit) {
    const onvalue = (n) => n >= 2 && n <= 60 && edit("", () => (spec.boxes = model.split(app.wholeArea(), Math.round(n))), true);
    return labelled(texts.cells, number(spec.boxes.length, onvalue, { step: "1", min: "2", max: "60" }));
  }

  function options(spec, edit) {
    const rows = (spec.options ?? []).map((option, i) => {
      const row = make("div", { class: `option${app.selected.part === i ? " on" : ""}`, onfocusin: () => app.selected.part !== i && app.select(app.selected.field, i, { panel: false }) });
      const said = (what) => ({ "aria-label": `${texts.option} ${i + 1}: ${what}` });
      row.append(
        text(option.id, (v) => edit(`oid${i}`, () => model.renameOption(app.form, spec, option, v)), { ...said(texts.id), maxLength: 60 }),
        text(option.label, (v) => edit(`olabel${i}`, () => relabelOption(spec, option, v, row)), { ...said(texts.label), class: "name", onkeydown: onward }),
        button("×", () => edit("", () => { model.removePart(spec, i); app.selected.part = null; }, true), { class: "settle", ...said(texts.delete) }));
      return row;
    });
    return make("fieldset", { class: "options" }, make("legend", {}, texts.options), ...rows);
  }

  function place() {
    const area = app.area();
    if (!area) return "";
    const part = app.selected.part;
    const onvalue = (i) => (v) => app.change(() => app.setArea(area.map((old, j) => (i === j ? v : old))), { panel: true });
    const what = part === null ? texts.whole : texts.part.replace("{n}", part + 1);
    const inputs = [texts.left, texts.top, texts.width, texts.height].map((name, i) => labelled(name, number(area[i], onvalue(i))));
    return make("fieldset", { id: "place" }, make("legend", {}, `${texts.box}, ${what.toLowerCase()}`), make("div", { class: "four" }, ...inputs));
  }

  /** Another box of the field was chosen: only its numbers are painted, whoever types keeps the caret. */
  function refreshPlace() {
    document.getElementById("place")?.replaceWith(place());
    document.querySelectorAll("#panel .option").forEach((row, i) => row.classList.toggle("on", i === app.selected.part));
  }

  function list() {
    const here = [...app.form.fields.entries()].filter(([, spec]) => model.pageOf(spec) === app.page);
    const items = here.map(([i, spec]) => make("li", {}, button(`${spec.no ? `${spec.no}. ` : ""}${spec.label}`, () => { app.select(i, null); app.sheet.focusOn(i); }, { class: "plain" }), make("span", { class: "mut" }, names.kind[spec.kind])));
    return make("ul", { class: "listed" }, ...items);
  }

  // --- what is wrong -----------------------------------------------------------------------------

  function problems(faults) {
    return make("div", { class: "faults" }, ...faults.map((fault) => make("p", { class: "hint wrong" }, fault.text)));
  }

  function allProblems() {
    if (!app.faults.length) return [make("p", { class: "empty" }, texts.fine)];
    const items = app.faults.map((fault) => {
      const at = app.form.fields.findIndex((f) => app.concerns(fault, f));
      if (at < 0 && fault.page) return make("li", {}, button(fault.text, () => app.turn(Number(fault.page)), { class: "plain" }));
      if (at < 0) return make("li", {}, make("span", {}, fault.text));
      return make("li", {}, button(fault.text, () => { app.select(at, null); app.openTab("field"); app.sheet.focusOn(at); }, { class: "plain" }));
    });
    return [make("ul", { class: "listed" }, ...items)];
  }

  /** What is wrong was counted anew: only that is painted, whoever types keeps the caret. */
  function refreshFaults() {
    const spec = app.form.fields[app.selected.field];
    const shown = document.querySelector("#panel .faults");
    if (shown && spec && app.tab === "field") shown.replaceWith(problems(app.faultsOf(spec)));
  }

  return { field, named, allProblems, problems, refreshFaults, refreshPlace };
}
