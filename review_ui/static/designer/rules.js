// The rules of a form: a named check, its roles bound to fields, and its constants.

import { button, checkboxes, labelled, make, select } from "./elements.js";
import { freeId, optionsOf } from "./form.js";

/** @typedef {import("./form.js").Rule} Rule */
/** @typedef {import("./form.js").Constant} Constant */
/** @typedef {(change: () => void) => void} Edit */

const NAMED = 3; // fields named in a rule's sentence; the rest are "…"

/** One or several as a list. @template T @param {T | T[] | undefined} value @returns {T[]} */
function listed(value) {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** @param {import("./app.js").App} app */
export function createRules(app) {
  const { texts, names } = app.data;

  function show() {
    const add = select(names.check, "", (check) => check && app.change(() => addRule(check), { panel: true }), "–");
    add.id = "add-rule";
    return [...app.form.rules.map(ruleBlock), labelled(texts.add_rule, add)];
  }

  /** @param {string} check */
  function addRule(check) {
    const taken = app.form.rules.map((rule) => rule.rule);
    const roles = app.data.checks[check].roles;
    const fields = Object.fromEntries(roles.map((role) => [role, isMany(role) ? [] : ""]));
    app.openRule = app.form.rules.push({ rule: freeId(`${check}_1`, taken), check, fields, params: {} }) - 1;
  }

  /** @param {string} role */
  function isMany(role) {
    return app.data.many.includes(role);
  }

  /** @param {Rule} rule @param {number} index */
  function ruleBlock(rule, index) {
    const check = app.data.checks[rule.check] ?? { roles: [], params: [], spare: [], spareParams: [] };
    /** @type {Edit} */
    const edit = (change) => app.change(change, { panel: true });
    const remove = button(
      "×",
      (event) => {
        event.stopPropagation();
        app.openRule = -1;
        edit(() => app.form.rules.splice(index, 1));
      },
      { class: "settle", "aria-label": `${texts.rule} ${index + 1}: ${texts.delete}` },
    );
    const summary = make("summary", {}, make("span", {}, `${index + 1}. ${sentence(rule)}`), remove);
    const block = make("details", { class: "ruled", open: index === app.openRule }, summary);
    // not `toggle`: it comes later, when the panel may have been drawn anew
    summary.addEventListener("click", () => {
      app.openRule = block.open ? -1 : index;
    });
    block.append(
      app.panel.problems(app.faults.filter((fault) => fault.rule === rule.rule)),
      ...[...check.roles, ...check.spare].map((role) =>
        labelled(names.part[role] ?? role, roleInput(rule, role, edit)),
      ),
      ...[...check.params, ...check.spareParams].map((name) =>
        labelled(names.part[name] ?? name, constantInput(rule, name, edit)),
      ),
    );
    return block;
  }

  /** The check's sentence with the fields that are bound. @param {Rule} rule */
  function sentence(rule) {
    let text = names.check[rule.check] ?? rule.check;
    for (const [name, value] of Object.entries({ ...rule.fields, ...rule.params })) {
      const labels = listed(value)
        .filter((one) => one !== "")
        .map((one) => labelOf(rule, one));
      const gap = `[${(names.part[name] ?? name).toLowerCase()}]`;
      const shown = labels.length > NAMED ? `${labels.slice(0, NAMED).join(", ")}…` : labels.join(", ");
      if (labels.length) text = text.replace(gap, shown);
    }
    return text;
  }

  /** @param {Rule} rule @param {string | number} value */
  function labelOf(rule, value) {
    const field = app.form.fields.find((one) => one.id === value);
    const option = bound(rule)
      .flatMap(optionsOf)
      .find((one) => one.id === value);
    return field ? `“${field.label}”` : option ? option.label : String(value);
  }

  /** The fields that a rule is about. @param {Rule} rule */
  function bound(rule) {
    const ids = Object.values(rule.fields).flat();
    return app.form.fields.filter((field) => ids.includes(field.id));
  }

  /** @param {Rule} rule @param {string} role @param {Edit} edit */
  function roleInput(rule, role, edit) {
    const fields = app.panel.named(app.form.fields);
    const value = listed(rule.fields[role]);
    if (!isMany(role)) return select(fields, value[0], (id) => edit(() => bind(rule, role, id)), "–");
    return checkboxes(fields, value, (ids) => edit(() => bind(rule, role, ids)));
  }

  /** @param {Rule} rule @param {string} role @param {string | string[]} value */
  function bind(rule, role, value) {
    const spare = app.data.checks[rule.check].spare.includes(role);
    if (!value && spare) delete rule.fields[role];
    else rule.fields[role] = value;
  }

  /** @param {Rule} rule @param {string} name @param {Constant | undefined} value */
  function setConstant(rule, name, value) {
    rule.params ??= {};
    if (value === undefined) delete rule.params[name];
    else rule.params[name] = value;
  }

  /** @param {Rule} rule @param {string} name @param {Edit} edit */
  function constantInput(rule, name, edit) {
    const sort = app.data.constants[name];
    const value = listed(rule.params?.[name]);
    const options = Object.fromEntries(
      bound(rule)
        .flatMap(optionsOf)
        .map((option) => [option.id, option.label]),
    );
    if (sort === "options") return checkboxes(options, value, (ids) => edit(() => setConstant(rule, name, ids)));
    if (sort === "option") {
      return select(options, String(value[0] ?? ""), (id) => edit(() => setConstant(rule, name, id || undefined)), "–");
    }
    const several = sort === "numbers";
    const input = make("input", { value: value.join(", "), inputMode: "numeric", title: several ? texts.numbers : "" });
    input.addEventListener("change", () => {
      const numbers = (input.value.match(/\d+/g) ?? []).map(Number);
      edit(() => setConstant(rule, name, several && numbers.length ? numbers : numbers[0]));
    });
    return input;
  }

  return { show };
}
