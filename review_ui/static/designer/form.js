// What can be done to a form, apart from any screen.

import { around, rounded, split, within } from "./geometry.js";

/** @typedef {import("./geometry.js").Box} Box */
/** @typedef {import("./geometry.js").Sheet} Sheet */
/** @typedef {{ id: string, label: string, box: Box }} Option */

/**
 * A field as form files hold it.
 * @typedef {object} Field
 * @property {string} id
 * @property {string} label
 * @property {string} kind
 * @property {string} layout
 * @property {Box[]} [boxes]
 * @property {Option[]} [options] of a field that is ticked
 * @property {number} [page] of the form, from 1; 1 where none is named
 * @property {string} [no] question number
 * @property {string} [lexicon]
 * @property {string} [same_as] id of the field that it repeats
 * @property {boolean} [required]
 */

/** @typedef {string | string[]} Binding one field or several */
/** @typedef {string | number | (string | number)[]} Constant */
/** @typedef {{ rule: string, check: string, fields: Record<string, Binding>, params?: Record<string, Constant> }} Rule */
/** @typedef {{ title: string, fields: Field[], rules: Rule[] }} Form */

/** Which page of the form a field stands on. @param {Field} field */
export function pageOf(field) {
  return field.page ?? 1;
}

/** @param {Field} field */
export function optionsOf(field) {
  return field.options ?? [];
}

/** The boxes of a field: those of its options where it is ticked. @param {Field} field @returns {Box[]} */
export function boxesOf(field) {
  return field.layout === "ticks" ? optionsOf(field).map((option) => option.box) : (field.boxes ?? []);
}

/** @param {Field} field @param {Box[]} boxes */
function setBoxes(field, boxes) {
  if (field.layout !== "ticks") field.boxes = boxes.map(rounded);
  else {
    optionsOf(field).forEach((option, i) => {
      option.box = rounded(boxes[i]);
    });
  }
}

/** One box of a field, or the area of all (part null). @param {Field} field @param {number | null} part @returns {Box} */
export function areaOf(field, part) {
  const boxes = boxesOf(field);
  return part === null ? around(boxes) : boxes[part];
}

/** What a field's boxes were before it was moved. @typedef {{ boxes: Box[], area: Box }} Placed */

/**
 * Lay a field, or one box of it, into a new area; boxes within keep their places in it.
 * @param {Field} field
 * @param {number | null} part
 * @param {Box} area
 * @param {Placed} from
 */
export function place(field, part, area, from = { boxes: boxesOf(field), area: areaOf(field, part) }) {
  const [x, y, w, h] = area;
  const [ox, oy, ow, oh] = from.area;
  /** @param {Box} b @returns {Box} */
  const moved = (b) => [x + ((b[0] - ox) * w) / ow, y + ((b[1] - oy) * h) / oh, (b[2] * w) / ow, (b[3] * h) / oh];
  setBoxes(
    field,
    from.boxes.map((box, i) => (part === null ? moved(box) : i === part ? area : box)),
  );
}

/** An id that no other has: the stem with the first free number. @param {string} stem @param {string[]} taken */
export function freeId(stem, taken) {
  const bare = stem.replace(/_?\d+$/, "") || "f";
  for (let n = 1; ; n++) {
    const id = bare.length === 1 ? `${bare}${String(n).padStart(2, "0")}` : `${bare}_${n}`;
    if (!taken.includes(id)) return id;
  }
}

/** @param {{ id: string }[]} things */
function idsIn(things) {
  return things.map((thing) => thing.id);
}

/** @param {Form} form @param {Box} box @param {string} label @param {number} page @returns {Field} */
export function newField(form, box, label, page) {
  const id = freeId("f", idsIn(form.fields));
  const field = { id, label: `${label} ${id}`, kind: "text", layout: "line", boxes: [rounded(box)] };
  return page > 1 ? { ...field, page } : field;
}

/** Take a field out; what said that it repeats it no longer does. @param {Form} form @param {Field} field */
export function removeField(form, field) {
  form.fields.splice(form.fields.indexOf(field), 1);
  forgetRepeats(form, field);
}

/** @param {Form} form @param {Field} field */
function forgetRepeats(form, field) {
  for (const other of form.fields) if (other.same_as === field.id) delete other.same_as;
}

/** The fields that a field can repeat: of its kind, on another page. @param {Form} form @param {Field} field */
export function repeatable(form, field) {
  return form.fields.filter((other) => pageOf(other) !== pageOf(field) && other.kind === field.kind);
}

/** The same field again, a little lower. @param {Form} form @param {Field} field @param {Sheet} sheet */
export function copyOf(form, field, sheet) {
  const copy = structuredClone(field);
  delete copy.same_as;
  copy.id = freeId(field.id, idsIn(form.fields));
  const [x, y, w, h] = areaOf(copy, null);
  place(copy, null, within([x, y + h + 1, w, h], sheet));
  return copy;
}

/**
 * Another box of a field; in combs and parts it takes its place from the left. Returns its number.
 * @param {Field} field
 * @param {Box} box
 */
export function addPart(field, box) {
  const added = rounded(box);
  if (field.layout === "ticks") {
    const id = freeId("o", idsIn(optionsOf(field)));
    field.options = [...optionsOf(field), { id, label: id, box: added }];
    return field.options.length - 1;
  }
  field.boxes = [...(field.boxes ?? []), added].sort((a, b) => a[0] - b[0]);
  return field.boxes.indexOf(added);
}

/** @param {Field} field @param {number} part */
export function removePart(field, part) {
  if (field.layout === "ticks") field.options?.splice(part, 1);
  else field.boxes?.splice(part, 1);
}

/** How many boxes a layout wants; 0 where any number will do. @param {Field} field */
export function wanted(field) {
  if (field.layout === "line" || field.layout === "area") return 1;
  if (field.kind === "date") return field.layout === "comb" ? 8 : 3;
  return 0;
}

/** Give a field another layout; its area stays where it is. @param {Field} field @param {string} layout */
export function setLayout(field, layout) {
  const own = boxesOf(field);
  const area = around(own);
  const boxes = own.length ? own : [area];
  field.layout = layout;
  if (layout === "ticks") {
    delete field.boxes;
    field.options = boxes.map((box, i) => ({ id: `o${i + 1}`, label: `o${i + 1}`, box }));
    return;
  }
  delete field.options;
  const count = wanted(field);
  const several = layout === "comb" || layout === "parts";
  if (count && boxes.length !== count) field.boxes = split(area, count);
  else field.boxes = several && boxes.length < 2 ? split(area, 10) : boxes;
}

/**
 * Give a field another kind, and a layout that fits it.
 * @param {Form} form
 * @param {Field} field
 * @param {string} kind
 * @param {Record<string, string[]>} layouts those that fit each kind
 */
export function setKind(form, field, kind, layouts) {
  field.kind = kind;
  if (kind !== "text") delete field.lexicon;
  delete field.same_as;
  forgetRepeats(form, field);
  const fit = layouts[kind];
  const count = wanted(field);
  if (!fit.includes(field.layout)) setLayout(field, fit[0]);
  else if (count && boxesOf(field).length !== count) setLayout(field, field.layout);
}

const AS_FOUND = /^[fo]\d+$/;

/** A label as an id: without the question's number and tones, small letters and digits, "_" between. @param {string} label */
export function idOf(label) {
  const own = (numbered(label)?.label ?? label).toLowerCase().replaceAll("đ", "d");
  const bare = own.normalize("NFD").replace(/\p{M}/gu, "");
  const id = bare
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 40)
    .replace(/_+$/, "");
  return /^[a-z]/.test(id) ? id : id && `o_${id}`;
}

/**
 * The id that goes with a new label: an id as it was found, or as the label before gave it, follows the label.
 * An id that a version is `kept` with stays: records and exports know a field by it.
 * @param {{ id: string, label: string }} thing a field or an option
 * @param {string} label
 * @param {string[]} taken
 * @param {boolean} kept
 */
export function following(thing, label, taken, kept) {
  const own = !kept && (AS_FOUND.test(thing.id) || stem(thing.id) === stem(idOf(thing.label)));
  const id = idOf(label);
  if (!own || !id) return thing.id;
  const others = taken.filter((other) => other !== thing.id);
  return others.includes(id) ? freeId(`${id}_2`, others) : id;
}

/** @param {string} id */
function stem(id) {
  return id.replace(/_\d+$/, "");
}

/** "12.4. Label" as it is printed: question number and label apart. @param {string} label */
export function numbered(label) {
  const found = label.match(/^(\d+(?:\.\d+)*)[.)]\s+(?=\S)/);
  return found ? { no: found[1], label: label.slice(found[0].length) } : null;
}

/** The ids that a version is kept with: of fields, and of options behind their field's. @param {Form} form */
export function idsOf(form) {
  return form.fields.flatMap((field) => [field.id, ...optionsOf(field).map((option) => `${field.id}/${option.id}`)]);
}

/**
 * Give a field another id; rules that name it, and fields that repeat it, follow.
 * @param {Form} form
 * @param {Field} field
 * @param {string} id
 */
export function rename(form, field, id) {
  const before = field.id;
  field.id = id;
  if (form.fields.some((other) => other !== field && other.id === before)) return;
  for (const other of form.fields) if (other.same_as === before) other.same_as = id;
  for (const rule of form.rules) {
    for (const [role, bound] of Object.entries(rule.fields)) {
      if (Array.isArray(bound)) rule.fields[role] = bound.map((name) => (name === before ? id : name));
      else if (bound === before) rule.fields[role] = id;
    }
  }
}

/**
 * Give an option another id; rules about its field follow.
 * @param {Form} form
 * @param {Field} field
 * @param {Option} option
 * @param {string} id
 */
export function renameOption(form, field, option, id) {
  const before = option.id;
  option.id = id;
  for (const rule of form.rules) {
    if (!Object.values(rule.fields).flat().includes(field.id)) continue;
    const params = rule.params ?? {};
    for (const [name, value] of Object.entries(params)) {
      if (Array.isArray(value)) params[name] = value.map((one) => (one === before ? id : one));
      else if (value === before) params[name] = id;
    }
  }
}
