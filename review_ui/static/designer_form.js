// What can be done to a form, apart from any screen. Boxes are [left, top, width, height] in mm of the sheet.

const MIN = 1;

export function round(value) {
  return Math.round(value * 100) / 100;
}

/** Which page of the form a field stands on. */
export function pageOf(field) {
  return field.page ?? 1;
}

/** The boxes of a field: those of its options where it is ticked. */
export function boxesOf(field) {
  return field.layout === "ticks" ? (field.options ?? []).map((o) => o.box) : (field.boxes ?? []);
}

function setBoxes(field, boxes) {
  const rounded = boxes.map((box) => box.map(round));
  if (field.layout === "ticks") rounded.forEach((box, i) => (field.options[i].box = box));
  else field.boxes = rounded;
}

/** The smallest box around some boxes. */
export function around(boxes) {
  if (!boxes.length) return [10, 10, 40, 7]; // a field that lost its last box: somewhere to begin again
  const left = Math.min(...boxes.map((b) => b[0]));
  const top = Math.min(...boxes.map((b) => b[1]));
  const right = Math.max(...boxes.map((b) => b[0] + b[2]));
  const bottom = Math.max(...boxes.map((b) => b[1] + b[3]));
  return [left, top, right - left, bottom - top];
}

/** What is selected: one box of a field, or the field whole (part null). */
export function areaOf(field, part) {
  const boxes = boxesOf(field);
  return part === null ? around(boxes) : boxes[part];
}

/** Lay a field, or one box of it, into a new area; boxes within keep their places in it. */
export function place(field, part, area, from) {
  const [x, y, w, h] = area;
  const old = from ?? { boxes: boxesOf(field), area: areaOf(field, part) };
  const [ox, oy, ow, oh] = old.area;
  const moved = old.boxes.map((b, i) => {
    if (part !== null) return i === part ? [x, y, w, h] : b;
    return [x + ((b[0] - ox) * w) / ow, y + ((b[1] - oy) * h) / oh, (b[2] * w) / ow, (b[3] * h) / oh];
  });
  setBoxes(field, moved);
}

/** An area that is not too small and lies on the sheet. */
export function within([x, y, w, h], [sheetWidth, sheetHeight]) {
  const width = Math.min(Math.max(w, MIN), sheetWidth);
  const height = Math.min(Math.max(h, MIN), sheetHeight);
  return [Math.min(Math.max(x, 0), sheetWidth - width), Math.min(Math.max(y, 0), sheetHeight - height), width, height];
}

/** An id that no other has: the stem with the first free number. */
export function freeId(stem, taken) {
  const bare = stem.replace(/_?\d+$/, "") || "f";
  for (let n = 1; ; n++) {
    const id = bare.length === 1 ? `${bare}${String(n).padStart(2, "0")}` : `${bare}_${n}`;
    if (!taken.includes(id)) return id;
  }
}

export function newField(form, box, label, page) {
  const id = freeId("f", form.fields.map((f) => f.id));
  return { id, label: `${label} ${id}`, kind: "text", layout: "line", boxes: [box.map(round)], ...(page > 1 ? { page } : {}) };
}

/** Take a field out; what said that it repeats it no longer does. */
export function removeField(form, field) {
  form.fields.splice(form.fields.indexOf(field), 1);
  for (const other of form.fields) if (other.same_as === field.id) delete other.same_as;
}

/** The fields that a field can repeat: of its kind, on another page. */
export function repeatable(form, field) {
  return form.fields.filter((other) => pageOf(other) !== pageOf(field) && other.kind === field.kind);
}

/** The same field again, a little lower. */
export function copyOf(form, field, sheet) {
  const copy = structuredClone(field);
  delete copy.same_as;
  copy.id = freeId(field.id, form.fields.map((f) => f.id));
  const [x, y, w, h] = areaOf(copy, null);
  place(copy, null, within([x, y + h + 1, w, h], sheet));
  return copy;
}

/** Another box of a field; in combs and parts it takes its place from the left. Returns its number. */
export function addPart(field, box) {
  const rounded = box.map(round);
  if (field.layout === "ticks") {
    field.options ??= [];
    const id = freeId("o", field.options.map((o) => o.id));
    field.options.push({ id, label: id, box: rounded });
    return field.options.length - 1;
  }
  field.boxes = [...(field.boxes ?? []), rounded].sort((a, b) => a[0] - b[0]);
  return field.boxes.indexOf(rounded);
}

export function removePart(field, part) {
  (field.layout === "ticks" ? field.options : field.boxes).splice(part, 1);
}

/** Cells of one width side by side in an area. */
export function split([x, y, w, h], count) {
  return Array.from({ length: count }, (_, i) => [x + (i * w) / count, y, w / count, h].map(round));
}

/** How many boxes a layout wants; 0 where any number will do. */
export function wanted(field) {
  if (field.layout === "line" || field.layout === "area") return 1;
  if (field.kind === "date") return field.layout === "comb" ? 8 : 3;
  return 0;
}

/** Give a field another layout; its room stays where it is. */
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

export function setKind(form, field, kind, layouts) {
  field.kind = kind;
  if (kind !== "text") delete field.lexicon;
  delete field.same_as;
  for (const other of form.fields) if (other.same_as === field.id) delete other.same_as;
  const fit = layouts[kind];
  const count = wanted(field);
  if (!fit.includes(field.layout)) setLayout(field, fit[0]);
  else if (count && boxesOf(field).length !== count) setLayout(field, field.layout);
}

const AS_FOUND = /^[fo]\d+$/;

/** A label as an id: without the question's number and tones, small letters and digits, "_" between. */
export function idOf(label) {
  const bare = (numbered(label)?.label ?? label).toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/\p{M}/gu, "");
  const id = bare.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 40).replace(/_+$/, "");
  return /^[a-z]/.test(id) ? id : id && `o_${id}`;
}

/**
 * The id that goes with a new label: an id as it was found, or as the label before gave it, follows the label.
 * An id that a version is `kept` with stays: records and exports know a field by it.
 */
export function following(thing, label, taken, kept) {
  const own = !kept && (AS_FOUND.test(thing.id) || stem(thing.id) === stem(idOf(thing.label)));
  const wanted = idOf(label);
  if (!own || !wanted) return thing.id;
  const others = taken.filter((id) => id !== thing.id);
  return others.includes(wanted) ? freeId(`${wanted}_2`, others) : wanted;
}

function stem(id) {
  return id.replace(/_\d+$/, "");
}

/** "12.4. Label" as it is printed: question number and label apart. */
export function numbered(label) {
  const found = label.match(/^(\d+(?:\.\d+)*)[.)]\s+(?=\S)/);
  return found ? { no: found[1], label: label.slice(found[0].length) } : null;
}

/** The ids that a version is kept with: of fields, and of options behind their field's. */
export function idsOf(form) {
  return form.fields.flatMap((field) => [field.id, ...(field.options ?? []).map((o) => `${field.id}/${o.id}`)]);
}

/** Give a field another id; rules that name it, and fields that repeat it, follow. */
export function rename(form, field, id) {
  const before = field.id;
  field.id = id;
  if (form.fields.some((f) => f !== field && f.id === before)) return;
  for (const other of form.fields) if (other.same_as === before) other.same_as = id;
  for (const rule of form.rules ?? []) {
    for (const [role, bound] of Object.entries(rule.fields)) {
      rule.fields[role] = Array.isArray(bound) ? bound.map((b) => (b === before ? id : b)) : bound === before ? id : bound;
    }
  }
}

/** Give an option another id; rules about its field follow. */
export function renameOption(form, field, option, id) {
  const before = option.id;
  option.id = id;
  for (const rule of form.rules ?? []) {
    if (!Object.values(rule.fields).flat().includes(field.id)) continue;
    for (const [name, value] of Object.entries(rule.params ?? {})) {
      rule.params[name] = Array.isArray(value) ? value.map((v) => (v === before ? id : v)) : value === before ? id : value;
    }
  }
}
