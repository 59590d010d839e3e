// The rules of a form: a named check, its roles bound to fields, and its constants.

export function createRules(app, model, { make, labelled, select }, panel) {
  const texts = app.data.texts;
  const names = app.data.names;

  function show() {
    const rules = (app.form.rules ?? []).map(one);
    const add = select(names.check, "", (check) => check && app.change(() => addRule(check), { panel: true }), texts.choose_check ?? "–");
    add.id = "add-rule";
    return [...rules, labelled(texts.add_rule, add)];
  }

  function addRule(check) {
    app.form.rules ??= [];
    const taken = app.form.rules.map((rule) => rule.rule);
    const needed = app.data.checks[check];
    const fields = Object.fromEntries(needed.roles.map((role) => [role, isMany(role) ? [] : ""]));
    app.openRule = app.form.rules.push({ rule: model.freeId(`${check}_1`, taken), check, fields, params: {} }) - 1;
  }

  function isMany(role) {
    return app.data.many.includes(role);
  }

  function one(rule, index) {
    const check = app.data.checks[rule.check] ?? { roles: [], params: [], spare: [], spareParams: [] };
    const edit = (change) => app.change(change, { panel: true });
    const remove = make("button", { type: "button", class: "settle", "aria-label": `${texts.rule} ${index + 1}: ${texts.delete}`, onclick: (e) => { e.stopPropagation(); app.openRule = -1; edit(() => app.form.rules.splice(index, 1)); } }, "×");
    // not `toggle`: it comes later, when the panel may have been drawn anew
    const turned = (e) => { app.openRule = e.currentTarget.parentElement.open ? -1 : index; };
    return make("details", { class: "ruled", open: index === app.openRule },
      make("summary", { onclick: turned }, make("span", {}, `${index + 1}. ${sentence(rule)}`), remove),
      panel.problems(app.faults.filter((fault) => fault.rule === rule.rule)),
      ...[...check.roles, ...check.spare].map((role) => labelled(names.part[role] ?? role, roleInput(rule, role, edit))),
      ...[...check.params, ...check.spareParams].map((name) => labelled(names.part[name] ?? name, constant(rule, name, edit))));
  }

  /** The check's sentence with the fields that are bound. */
  function sentence(rule) {
    const parts = { ...rule.fields, ...(rule.params ?? {}) };
    let said = names.check[rule.check] ?? rule.check;
    for (const [name, value] of Object.entries(parts)) {
      const words = [value].flat().filter((v) => v !== "").map((v) => labelOf(rule, v));
      if (words.length) said = said.replace(`[${(names.part[name] ?? name).toLowerCase()}]`, words.length > 3 ? `${words.slice(0, 3).join(", ")}…` : words.join(", "));
    }
    return said;
  }

  function labelOf(rule, value) {
    const field = app.form.fields.find((f) => f.id === value);
    const option = bound(rule).flatMap((f) => f.options ?? []).find((o) => o.id === value);
    return field ? `“${field.label}”` : option ? option.label : String(value);
  }

  function bound(rule) {
    const ids = Object.values(rule.fields).flat();
    return app.form.fields.filter((field) => ids.includes(field.id));
  }

  function roleInput(rule, role, edit) {
    const fields = panel.named(app.form.fields);
    if (isMany(role)) return several(fields, [rule.fields[role] ?? []].flat(), (ids) => edit(() => (rule.fields[role] = ids)));
    return select(fields, rule.fields[role], (id) => edit(() => bind(rule, role, id)), "–");
  }

  function bind(rule, role, id) {
    const spare = app.data.checks[rule.check].spare.includes(role);
    if (!id && spare) delete rule.fields[role];
    else rule.fields[role] = id;
  }

  function several(choices, chosen, onchange) {
    const boxes = Object.entries(choices).map(([value, text]) => {
      const box = make("input", { type: "checkbox", value, checked: chosen.includes(value), onchange: () => onchange(ticked()) });
      return make("label", { class: "choice" }, box, make("i", {}, text));
    });
    const ticked = () => boxes.map((b) => b.firstChild).filter((b) => b.checked).map((b) => b.value);
    return make("div", { class: "several" }, ...boxes);
  }

  function constant(rule, name, edit) {
    rule.params ??= {};
    const sort = app.data.constants[name];
    const options = Object.fromEntries(bound(rule).flatMap((f) => f.options ?? []).map((o) => [o.id, o.label]));
    const set = (value) => edit(() => (value === undefined ? delete rule.params[name] : (rule.params[name] = value)));
    if (sort === "options") return several(options, rule.params[name] ?? [], set);
    if (sort === "option") return select(options, rule.params[name], (v) => set(v || undefined), "–");
    const typed = (text) => (text.match(/\d+/g) ?? []).map(Number);
    const given = (event) => {
      const numbers = typed(event.target.value);
      set(!numbers.length ? undefined : sort === "numbers" ? numbers : numbers[0]);
    };
    return make("input", { value: [rule.params[name] ?? []].flat().join(", "), inputMode: "numeric", title: sort === "numbers" ? texts.numbers : "", onchange: given });
  }

  return { show };
}
