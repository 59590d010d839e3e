// The boxes over the blank: choosing, moving, stretching and drawing them with the mouse.

const NS = "http://www.w3.org/2000/svg";
const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const HANDLE_PX = 9;
const STEP = 0.1;
const MOVED_PX = 3;

function svgElement(name, attributes = {}) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function rectangle([x, y, width, height], more = {}) {
  return svgElement("rect", { x, y, width, height, ...more });
}

function snap(value) {
  return Math.round(value / STEP) * STEP;
}

export function createSheet(app, model) {
  const scroller = document.querySelector(".scroller");
  const svg = document.querySelector(".paper svg");
  let drag = null;
  let drawing = null; // null, "field" or "part"

  function scale() {
    return app.sheetSize()[0] / svg.getBoundingClientRect().width;
  }

  function spot(event) {
    const frame = svg.getBoundingClientRect();
    return [(event.clientX - frame.left) * scale(), (event.clientY - frame.top) * scale()];
  }

  // --- painting ----------------------------------------------------------------------------------

  function render() {
    const focused = document.activeElement?.closest?.("svg g.f");
    const shown = [...app.form.fields.entries()].filter(([, field]) => model.pageOf(field) === app.page);
    svg.replaceChildren(...shown.map(([index, field]) => group(field, index)));
    paintSelection();
    if (focused && app.selected.field >= 0) focusOn(app.selected.field);
  }

  function group(field, index) {
    const on = index === app.selected.field;
    const wrong = app.faultsOf(field).length > 0;
    const g = svgElement("g", { class: `f${on ? " here" : ""}${wrong ? " bad" : ""}${app.asks(field) ? " asks" : ""}`, tabindex: 0, role: "button", "data-field": index });
    g.setAttribute("aria-label", `${field.label} (${app.data.names.kind[field.kind]})`);
    g.setAttribute("aria-pressed", String(on));
    const title = svgElement("title");
    title.textContent = field.label;
    g.append(title);
    model.boxesOf(field).forEach((box, part) => {
      g.append(rectangle(box, { "data-part": part, class: on && app.selected.part === part ? "part" : "" }));
    });
    return g;
  }

  function paintSelection() {
    svg.querySelectorAll(".frame, .handle").forEach((e) => e.remove());
    const area = app.area();
    if (!area || app.mode !== "design") return;
    const size = HANDLE_PX * scale();
    const [left, top, w, h] = roomy(area, 4 * size);
    svg.append(rectangle([left, top, w, h], { class: "frame" }));
    for (const name of HANDLES) {
      const x = left + w * (name.includes("w") ? 0 : name.includes("e") ? 1 : 0.5);
      const y = top + h * (name.includes("n") ? 0 : name.includes("s") ? 1 : 0.5);
      svg.append(rectangle([x - size / 2, y - size / 2, size, size], { class: `handle ${name}`, "data-handle": name }));
    }
  }

  /** The frame of something tiny stands off it, or the handles would lie on each other. */
  function roomy([x, y, w, h], least) {
    const dx = Math.max((least - w) / 2, 0);
    const dy = Math.max((least - h) / 2, 0);
    return [x - dx, y - dy, w + 2 * dx, h + 2 * dy];
  }

  function focusOn(index) {
    svg.querySelector(`g[data-field="${index}"]`)?.focus({ preventScroll: true });
  }

  function reveal() {
    const shape = svg.querySelector("g.here");
    if (!shape || drag) return;
    const box = shape.getBoundingClientRect();
    const frame = scroller.getBoundingClientRect();
    const above = box.top < frame.top + 50 || box.bottom > frame.bottom - 12;
    const beside = box.left < frame.left || (box.right > frame.right && box.width < frame.width);
    const top = above ? box.top + box.height / 2 - frame.top - frame.height * 0.4 : 0;
    scroller.scrollBy({ top, left: beside ? box.left - frame.left - 20 : 0 });
  }

  // --- the mouse ---------------------------------------------------------------------------------

  function down(event) {
    if (event.button !== 0 || app.mode !== "design") return choose(event);
    const handle = event.target.dataset?.handle;
    if (drawing) drag = { kind: "draw", from: spot(event) };
    else if (handle) drag = { kind: "stretch", handle };
    else drag = grip(event);
    if (!drag) return;
    event.preventDefault();
    Object.assign(drag, { at: spot(event), x: event.clientX, y: event.clientY, moved: false });
    if (drag.kind !== "draw") keep(drag);
    svg.setPointerCapture(event.pointerId);
  }

  function choose(event) {
    const g = event.target.closest?.("g.f");
    if (g) app.select(Number(g.dataset.field), null);
  }

  /** Take hold of a field; a second click on a field of many boxes takes the single box. */
  function grip(event) {
    const g = event.target.closest("g.f");
    if (!g) {
      app.select(-1, null);
      return null;
    }
    const index = Number(g.dataset.field);
    const part = Number(event.target.dataset.part ?? 0);
    const inside = index === app.selected.field;
    const many = model.boxesOf(app.form.fields[index]).length > 1;
    if (!inside) app.select(index, null);
    focusOn(index);
    return { kind: "move", onClick: inside && many ? () => app.select(index, part) : null };
  }

  function keep(what) {
    const field = app.form.fields[app.selected.field];
    what.before = { boxes: structuredClone(model.boxesOf(field)), area: [...app.area()] };
    what.part = app.selected.part;
    if (what.part !== null) what.before.area = [...what.before.boxes[what.part]];
  }

  function move(event) {
    if (!drag) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < MOVED_PX) return;
    const here = spot(event);
    if (!drag.moved) begin();
    drag.moved = true;
    if (drag.kind === "draw") return rubber(here);
    const delta = [snap(here[0] - drag.at[0]), snap(here[1] - drag.at[1])];
    const area = drag.kind === "move" ? shifted(drag.before.area, delta) : stretched(drag.before.area, drag.handle, delta);
    model.place(app.form.fields[app.selected.field], drag.part, area, drag.before);
    render();
  }

  function begin() {
    if (drag.kind !== "draw") return app.remember();
    drag.rubber = rectangle([0, 0, 0, 0], { class: "rubber" });
    svg.append(drag.rubber);
  }

  function rubber(here) {
    const box = between(drag.from, here);
    ["x", "y", "width", "height"].forEach((name, i) => drag.rubber.setAttribute(name, box[i]));
  }

  function between(a, b) {
    const [width, height] = app.sheetSize();
    const [x, y] = [Math.max(Math.min(a[0], b[0]), 0), Math.max(Math.min(a[1], b[1]), 0)];
    return [snap(x), snap(y), snap(Math.min(Math.max(a[0], b[0]), width) - x), snap(Math.min(Math.max(a[1], b[1]), height) - y)];
  }

  function shifted([x, y, w, h], [dx, dy]) {
    return model.within([x + dx, y + dy, w, h], app.sheetSize());
  }

  function stretched([x, y, w, h], handle, [dx, dy]) {
    const [width, height] = app.sheetSize();
    const left = handle.includes("w") ? Math.min(Math.max(x + dx, 0), x + w - 1) : x;
    const top = handle.includes("n") ? Math.min(Math.max(y + dy, 0), y + h - 1) : y;
    const right = handle.includes("e") ? Math.max(Math.min(x + w + dx, width), left + 1) : x + w;
    const bottom = handle.includes("s") ? Math.max(Math.min(y + h + dy, height), top + 1) : y + h;
    return [left, top, right - left, bottom - top];
  }

  function up(event) {
    const done = drag;
    drag = null;
    if (!done) return;
    if (done.kind === "draw") {
      done.rubber?.remove();
      const box = between(done.from, spot(event));
      if (done.moved && box[2] >= 1 && box[3] >= 1) app.drawn(drawing, box);
    } else if (done.moved) app.changed();
    else done.onClick?.();
  }

  function setDrawing(what) {
    drawing = what;
    svg.classList.toggle("drawing", what !== null);
  }

  svg.addEventListener("pointerdown", down);
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerup", up);
  svg.addEventListener("pointercancel", () => (drag = null));
  svg.addEventListener("focusin", (event) => {
    const g = event.target.closest("g.f");
    const index = g ? Number(g.dataset.field) : -1;
    if (index >= 0 && index !== app.selected.field) app.select(index, null);
    if (index >= 0) reveal();
  });

  return { render, reveal, focusOn, paintSelection, setDrawing, drawing: () => drawing };
}
