// The boxes over the blank: choosing, moving, stretching and drawing them with the mouse.

import { find } from "../shared/page.js";
import { boxesOf, pageOf, place } from "./form.js";
import { atLeast, between, distance, shifted, stretched } from "./geometry.js";

/** @typedef {import("./form.js").Field} Field */
/** @typedef {import("./geometry.js").Box} Box */
/** @typedef {import("./geometry.js").Point} Point */

const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const HANDLE_PX = 9;
const MOVED_PX = 3; // a hand trembles as far without meaning to move anything

/**
 * What the mouse is doing.
 * @typedef {object} Drag
 * @property {"draw" | "stretch" | "move"} kind
 * @property {Point} from mm
 * @property {number} x of the screen, where it began
 * @property {number} y
 * @property {boolean} moved
 * @property {string} handle of a stretch
 * @property {number | null} part
 * @property {import("./form.js").Placed | null} before
 * @property {SVGElement | null} rubber of a new box
 * @property {(() => void) | null} onClick when it ends where it began
 */

/** @param {string} name @param {Record<string, string | number>} attributes */
function svgElement(name, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** @param {Box} box @param {Record<string, string | number>} more */
function rectangle([x, y, width, height], more = {}) {
  return svgElement("rect", { x, y, width, height, ...more });
}

/** The field's group that an event happened in. @param {Event} event @returns {SVGElement | null} */
function groupAround(event) {
  const found = event.target instanceof Element ? event.target.closest("g.f") : null;
  return found instanceof SVGElement ? found : null;
}

/** @param {import("./app.js").App} app */
export function createSheet(app) {
  const scroller = find(".scroller", HTMLElement);
  const svg = find(".page-view svg", SVGSVGElement);
  /** @type {Drag | null} */
  let drag = null;
  /** @type {"field" | "part" | null} */
  let drawing = null;

  /** mm a pixel of the screen */
  function scale() {
    return app.sheetSize()[0] / svg.getBoundingClientRect().width;
  }

  /** Where the mouse is, mm. @param {MouseEvent} event @returns {Point} */
  function spot(event) {
    const frame = svg.getBoundingClientRect();
    return [(event.clientX - frame.left) * scale(), (event.clientY - frame.top) * scale()];
  }

  // --- painting ----------------------------------------------------------------------------------

  function render() {
    const focused = document.activeElement?.closest("svg g.f");
    const shown = [...app.form.fields.entries()].filter(([, field]) => pageOf(field) === app.page);
    svg.replaceChildren(...shown.map(([index, field]) => group(field, index)));
    paintSelection();
    if (focused && app.selected.field >= 0) focusOn(app.selected.field);
  }

  /** @param {Field} field @param {number} index */
  function group(field, index) {
    const on = index === app.selected.field;
    const states = { here: on, bad: app.faultsOf(field).length > 0, asks: app.asks(field) };
    const classes = Object.entries(states)
      .filter(([, holds]) => holds)
      .map(([name]) => name);
    const g = svgElement("g", { class: ["f", ...classes].join(" "), tabindex: 0, role: "button", "data-field": index });
    g.setAttribute("aria-label", `${field.label} (${app.data.names.kind[field.kind]})`);
    g.setAttribute("aria-pressed", String(on));
    const title = svgElement("title");
    title.textContent = field.label;
    g.append(title);
    boxesOf(field).forEach((box, part) => {
      g.append(rectangle(box, { "data-part": part, class: on && app.selected.part === part ? "part" : "" }));
    });
    return g;
  }

  function paintSelection() {
    for (const element of svg.querySelectorAll(".frame, .handle")) element.remove();
    const area = app.area();
    if (!area || app.mode !== "design") return;
    const size = HANDLE_PX * scale();
    const [left, top, w, h] = atLeast(area, 4 * size);
    svg.append(rectangle([left, top, w, h], { class: "frame" }));
    for (const name of HANDLES) {
      const x = left + w * (name.includes("w") ? 0 : name.includes("e") ? 1 : 0.5);
      const y = top + h * (name.includes("n") ? 0 : name.includes("s") ? 1 : 0.5);
      const box = /** @type {Box} */ ([x - size / 2, y - size / 2, size, size]);
      svg.append(rectangle(box, { class: `handle ${name}`, "data-handle": name }));
    }
  }

  /** @param {number} index */
  function focusOn(index) {
    const g = svg.querySelector(`g[data-field="${index}"]`);
    if (g instanceof SVGElement) g.focus({ preventScroll: true });
  }

  function reveal() {
    const shape = svg.querySelector("g.here");
    if (!shape || drag) return;
    const box = shape.getBoundingClientRect();
    const frame = scroller.getBoundingClientRect();
    const hidden = box.top < frame.top + 50 || box.bottom > frame.bottom - 12;
    const beside = box.left < frame.left || (box.right > frame.right && box.width < frame.width);
    const top = hidden ? box.top + box.height / 2 - frame.top - frame.height * 0.4 : 0;
    scroller.scrollBy({ top, left: beside ? box.left - frame.left - 20 : 0 });
  }

  // --- the mouse ---------------------------------------------------------------------------------

  /** @param {PointerEvent} event */
  function down(event) {
    if (event.button !== 0 || app.mode !== "design") return choose(event);
    const handle = event.target instanceof SVGElement ? event.target.dataset.handle : undefined;
    if (drawing) drag = started("draw", event);
    else if (handle) drag = { ...started("stretch", event), handle };
    else drag = grip(event);
    if (!drag) return;
    event.preventDefault();
    if (drag.kind !== "draw") keep(drag);
    svg.setPointerCapture(event.pointerId);
  }

  /** @param {Drag["kind"]} kind @param {PointerEvent} event @returns {Drag} */
  function started(kind, event) {
    const [x, y] = [event.clientX, event.clientY];
    const none = { handle: "", part: null, before: null, rubber: null, onClick: null };
    return { kind, from: spot(event), x, y, moved: false, ...none };
  }

  /** @param {Event} event */
  function choose(event) {
    const g = groupAround(event);
    if (g) app.select(Number(g.dataset.field), null);
  }

  /**
   * Take hold of a field; a second click on a field of many boxes takes the single box.
   * @param {PointerEvent} event
   * @returns {Drag | null}
   */
  function grip(event) {
    const g = groupAround(event);
    if (!g) {
      app.select(-1, null);
      return null;
    }
    const index = Number(g.dataset.field);
    const part = Number((event.target instanceof SVGElement && event.target.dataset.part) || 0);
    const again = index === app.selected.field;
    const many = boxesOf(app.form.fields[index]).length > 1;
    if (!again) app.select(index, null);
    focusOn(index);
    return { ...started("move", event), onClick: again && many ? () => app.select(index, part) : null };
  }

  /** Remember where the chosen field is. @param {Drag} begun */
  function keep(begun) {
    const field = app.chosen();
    const area = app.area();
    if (!field || !area) return;
    begun.before = { boxes: structuredClone(boxesOf(field)), area: [...area] };
    begun.part = app.selected.part;
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!drag) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < MOVED_PX) return;
    if (!drag.moved) begin(drag);
    drag.moved = true;
    const here = spot(event);
    if (drag.rubber) stretchRubber(drag.rubber, between(drag.from, here, app.sheetSize()));
    const field = app.chosen();
    if (!field || !drag.before) return;
    const step = distance(drag.from, here);
    const { area } = drag.before;
    const stretch = drag.kind === "stretch";
    const target = stretch ? stretched(area, drag.handle, step, app.sheetSize()) : shifted(area, step, app.sheetSize());
    place(field, drag.part, target, drag.before);
    render();
  }

  /** @param {Drag} begun */
  function begin(begun) {
    if (begun.kind !== "draw") return app.remember();
    begun.rubber = rectangle([0, 0, 0, 0], { class: "rubber" });
    svg.append(begun.rubber);
  }

  /** @param {SVGElement} rubber @param {Box} box */
  function stretchRubber(rubber, box) {
    ["x", "y", "width", "height"].forEach((name, i) => {
      rubber.setAttribute(name, String(box[i]));
    });
  }

  /** @param {PointerEvent} event */
  function up(event) {
    const done = drag;
    drag = null;
    if (!done) return;
    if (done.kind === "draw") {
      done.rubber?.remove();
      const box = between(done.from, spot(event), app.sheetSize());
      if (done.moved && box[2] >= 1 && box[3] >= 1) app.drawn(drawing, box);
    } else if (done.moved) app.changed();
    else done.onClick?.();
  }

  /** @param {"field" | "part" | null} what */
  function setDrawing(what) {
    drawing = what;
    svg.classList.toggle("drawing", what !== null);
  }

  svg.addEventListener("pointerdown", down);
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerup", up);
  svg.addEventListener("pointercancel", () => {
    drag = null;
  });
  svg.addEventListener("focusin", (event) => {
    const index = Number(groupAround(event)?.dataset.field ?? -1);
    if (index >= 0 && index !== app.selected.field) app.select(index, null);
    if (index >= 0) reveal();
  });

  return { render, reveal, focusOn, paintSelection, setDrawing, drawing: () => drawing };
}
