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
      labelled(texts.label, text(spec.label, (v) => edit("label", () => (spec.label = v)), { id: "f-label" })),
      make("div", { class: "pair" },
        labelled(texts.id, text(spec.id, (v) => edit("id", () => model.rename(app.form, spec, v)), { id: "f-id", maxLength: 60 })),
        labelled(texts.no, text(spec.no, (v) => edit("no", () => (spec.no = v)), { id: "f-no", maxLength: 12 }))),
      make("div", { class: "pair" },
        labelled(texts.kind, select(names.kind, spec.kind, (v) => edit("", () => model.setKind(spec, v, app.data.layouts), true)), "f-kind"),
        labelled(texts.layout, select(pick(names.layout, app.data.layouts[spec.kind]), spec.layout, (v) => edit("", () => model.setLayout(spec, v), true)), "f-layout")),
      make("div", { class: "pair" },
        spec.kind === "text" ? labelled(texts.lexicon, select(names.list, spec.lexicon, (v) => edit("", () => setList(spec, v)), texts.none), "f-lexicon") : make("span"),
        several && model.wanted(spec) === 0 ? cells(spec, edit) : make("span")),
      make("label", { class: "choice" }, make("input", { type: "checkbox", checked: Boolean(spec.required), onchange: (e) => edit("", () => (spec.required = e.target.checked)) }), make("i", {}, texts.required)),
      spec.layout === "ticks" ? options(spec, edit) : "",
      place(),
      make("div", { class: "row" },
        several || spec.layout === "ticks" ? button(spec.layout === "ticks" ? texts.add_option : texts.add_box, () => app.draw("part"), { class: "settle" }) : "",
        button(texts.duplicate, app.duplicate, { class: "settle", id: "duplicate" }),
        button(texts.delete, app.remove, { class: "settle", id: "delete" })),
    ];
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
    const rows = (spec.options ?? []).map((option, i) =>
      make("div", { class: `option${app.selected.part === i ? " on" : ""}`, onfocusin: () => app.selected.part !== i && app.select(app.selected.field, i, { panel: false }) },
        text(option.id, (v) => edit(`oid${i}`, () => model.renameOption(app.form, spec, option, v)), { "aria-label": `${texts.option} ${i + 1}: ${texts.id}`, maxLength: 60 }),
        text(option.label, (v) => edit(`olabel${i}`, () => (option.label = v)), { "aria-label": `${texts.option} ${i + 1}: ${texts.label}` }),
        button("×", () => edit("", () => { model.removePart(spec, i); app.selected.part = null; }, true), { class: "settle", "aria-label": `${texts.option} ${i + 1}: ${texts.delete}` })));
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
    const items = app.form.fields.map((spec, i) => make("li", {}, button(`${spec.no ? `${spec.no}. ` : ""}${spec.label}`, () => { app.select(i, null); app.sheet.focusOn(i); }, { class: "plain" }), make("span", { class: "mut" }, names.kind[spec.kind])));
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

  return { field, allProblems, problems, refreshFaults, refreshPlace };
}
