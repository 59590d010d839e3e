// Manual registration: four points on the scan, a loupe that follows, and the page is read again from them.
// Points are kept in pixels of the page as it was scanned, however it is turned on the screen.

import { reportFaults } from "../shared/faults.js";
import { keepLease } from "../shared/lease.js";
import { fill, refusalText } from "../shared/messages.js";
import { around, byId, createStatus, find, findAll, goTo, markReady, pageData } from "../shared/page.js";
import { createSender, NoConnection } from "../shared/sending.js";
import { createZoom, zoomStep } from "../shared/zoom.js";
import { drawLoupe, drawPlace, marksOf, penOf } from "./drawing.js";
import { asSent, beside, moved, nearest, turned, unturned } from "./geometry.js";

/** @typedef {import("./geometry.js").Point} Point */

/**
 * @typedef {object} ManualRegistrationData
 * @property {string} page address of the scan
 * @property {string} read
 * @property {string} hold
 * @property {string} release
 * @property {string} token
 * @property {string} csrf
 * @property {string} as form and page that the points are of
 * @property {[number, number]} sheet mm
 * @property {Point[]} points of the blank, mm
 * @property {string[]} corners their names
 * @property {Record<string, string> & { login: string, failed: string }} texts
 */

const WANTED = 4;
const ZOOM_FACTORS = [1, 1.5, 2, 3, 4];
const LONG_STEP = 25; // px, with Shift
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @type {ManualRegistrationData} */
const data = pageData();
const { texts } = data;
const send = createSender(data);
const say = createStatus(byId("status", HTMLOutputElement));
const sheet = byId("page", HTMLCanvasElement);
const loupe = byId("loupe", HTMLCanvasElement);
const place = byId("place", HTMLCanvasElement);
const marks = byId("marks", SVGSVGElement);
const scroller = find(".scroller", HTMLElement);
const view = find(".page-view", HTMLElement);
const message = byId("message", HTMLElement);
const blank = byId("blank", HTMLImageElement);
const readButton = byId("read", HTMLButtonElement);
const undoButton = byId("undo", HTMLButtonElement);
const choice = findAll("#form-page", HTMLSelectElement)[0] ?? null;
const picture = new Image();
/** @type {Point[]} */
const points = [];
let current = -1; // the point that the arrows move: the last one set or moved
let quarters = 0;
let factor = 1;
let busy = false;
let leaving = false;

// --- the page as it is seen ---------------------------------------------------------------------------

/** @returns {import("./geometry.js").Size} */
function scanned() {
  return { width: picture.naturalWidth, height: picture.naturalHeight };
}

function drawPage() {
  const { width, height } = scanned();
  const sideways = quarters % 2 === 1;
  sheet.width = sideways ? height : width;
  sheet.height = sideways ? width : height;
  const pen = penOf(sheet);
  pen.translate(sheet.width / 2, sheet.height / 2);
  pen.rotate((quarters * Math.PI) / 2);
  pen.drawImage(picture, -width / 2, -height / 2);
  marks.setAttribute("viewBox", `0 0 ${sheet.width} ${sheet.height}`);
  resize();
}

// At first the whole page is in view, so that all four places can be reached without scrolling.
function resize() {
  const whole = Math.min(1, (scroller.clientHeight * sheet.width) / (sheet.height * scroller.clientWidth));
  view.style.width = `${whole * factor * 100}%`;
  show();
}

/** Screen pixels a page pixel. */
function scale() {
  return sheet.clientWidth / sheet.width;
}

function show() {
  const seen = points.map((point) => turned(point, quarters, scanned()));
  const complete = points.length === WANTED;
  const here = complete ? Math.max(current, 0) : points.length;
  marks.replaceChildren(...marksOf(seen, 1 / scale()));
  for (const mark of findAll("[data-point]", SVGElement)) {
    const at = Number(mark.dataset.point);
    mark.setAttribute("class", at < points.length ? "done" : at === points.length ? "here" : "");
  }
  const step = fill(texts.step, { n: here + 1, corner: data.corners[here] });
  byId("step", HTMLElement).textContent = complete ? texts.ready : step;
  byId("where", HTMLElement).textContent = complete ? texts.mend : texts.where;
  readButton.disabled = !complete || busy;
  undoButton.disabled = !points.length || busy;
  if (!blank.complete || !blank.naturalWidth) return;
  const centre = data.points[here].map((mm) => (mm * blank.naturalWidth) / data.sheet[0]);
  drawPlace(place, blank, centre);
}

// --- the points ---------------------------------------------------------------------------------------

/** @param {Point} point of the scan */
function setPoint(point) {
  if (busy) return;
  if (points.length < WANTED) current = points.push(point) - 1;
  else {
    current = nearest(points, point);
    points[current] = point;
  }
  tell("");
  show();
}

function undo() {
  if (busy) return;
  points.pop();
  current = points.length - 1;
  tell("");
  show();
  loupe.hidden = true;
}

/** @param {Point} direction @param {number} step */
function nudge([dx, dy], step) {
  if (busy || !points.length) return;
  const seen = moved(turned(points[current], quarters, scanned()), [dx * step, dy * step], sheet);
  points[current] = unturned(seen, quarters, scanned());
  show();
  showLoupe(seen);
}

// Without a mouse a point begins where it lies on the blank, and the arrows bring it to its place.
function setPointByKey() {
  if (points.length === WANTED) return;
  const [x, y] = data.points[points.length];
  /** @type {Point} */
  const seen = [(x / data.sheet[0]) * sheet.width, (y / data.sheet[1]) * sheet.height];
  setPoint(unturned(seen, quarters, scanned()));
  showLoupe(seen);
}

/** @param {Point} seen */
function showLoupe(seen) {
  drawLoupe(loupe, sheet, seen, scale());
  const frame = find(".sheet", HTMLElement).getBoundingClientRect();
  const own = sheet.getBoundingClientRect();
  const [x, y] = [own.left + seen[0] * scale() - frame.left, own.top + seen[1] * scale() - frame.top];
  loupe.style.left = `${beside(x, loupe.width, frame.width)}px`;
  loupe.style.top = `${beside(y, loupe.height, frame.height)}px`;
  loupe.hidden = false;
}

/**
 * The middle of the screen's pixel: on a page shrunk to the screen half a pixel is two or three of the page's.
 * @param {MouseEvent} event
 * @returns {Point}
 */
function under(event) {
  const box = sheet.getBoundingClientRect();
  const [x, y] = [Math.floor(event.clientX), Math.floor(event.clientY)];
  return [(x + 0.5 - box.left) / scale(), (y + 0.5 - box.top) / scale()];
}

// --- reading again ------------------------------------------------------------------------------------

/** Show a message, with a link where there is somewhere to go. @param {string} text @param {string} next */
function tell(text, next = "") {
  message.textContent = text;
  message.hidden = !text;
  if (!next) return;
  const link = document.createElement("a");
  link.href = next;
  link.textContent = texts.go;
  message.append(" ", link);
}

async function read() {
  if (busy || points.length < WANTED) return;
  // the points shown belong to another printed page than the one chosen since
  if (choice && choice.value !== data.as) return choice.form?.requestSubmit();
  busy = true;
  show();
  tell("");
  loupe.hidden = true;
  say(texts.reading);
  try {
    const answer = await send(data.read, [["as", data.as], ...asSent(points).map((point) => ["point", point])]);
    if (answer.status === 200) follow(answer.body);
    else tell(refusalText(answer, texts), answer.body.next);
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error;
    tell(texts.offline);
  } finally {
    busy = false;
    say("");
    show();
  }
}

/** @param {{ said: string, next: string }} body */
function follow({ said, next }) {
  goTo(next);
  leaving = true;
  sessionStorage.setItem("said", said);
}

// --- keys and mouse -----------------------------------------------------------------------------------

const zoom = createZoom(ZOOM_FACTORS, find(".tools output", HTMLElement), (chosen) => {
  const middle = [scroller.scrollLeft + scroller.clientWidth / 2, scroller.scrollTop + scroller.clientHeight / 2];
  const before = view.clientWidth;
  factor = chosen;
  resize();
  const grown = view.clientWidth / before;
  scroller.scrollTo(middle[0] * grown - scroller.clientWidth / 2, middle[1] * grown - scroller.clientHeight / 2);
  loupe.hidden = true;
});

function turn() {
  quarters = (quarters + 1) % 4;
  loupe.hidden = true;
  drawPage();
}

/** @param {KeyboardEvent} event */
function withAlt(event) {
  if (zoomStep(event)) zoom(zoomStep(event));
  else if (event.code === "KeyR") turn();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  if (event.altKey) return withAlt(event);
  if (around(event, "select")) return;
  const onControl = around(event, "a, button, summary");
  const arrow = ARROWS[event.key];
  if (arrow && points.length) nudge(arrow, event.shiftKey ? LONG_STEP : 1);
  else if (event.key === "Backspace") undo();
  else if (onControl)
    return; // Enter and Space belong to it
  else if (event.key === " ") setPointByKey();
  else if (event.key === "Enter" && !event.repeat) read();
  else return;
  event.preventDefault();
});

sheet.addEventListener("pointermove", (event) => showLoupe(under(event)));
sheet.addEventListener("click", (event) => setPoint(unturned(under(event), quarters, scanned())));
for (const [target, name] of /** @type {[EventTarget, string][]} */ ([
  [sheet, "pointerleave"],
  [scroller, "scroll"],
])) {
  target.addEventListener(name, () => {
    loupe.hidden = true;
  });
}
window.addEventListener("resize", () => {
  if (picture.naturalWidth) resize();
});
blank.addEventListener("load", show);
readButton.addEventListener("click", read);
undoButton.addEventListener("click", undo);
document.addEventListener("click", (event) => {
  const tool = around(event, ".tools button");
  if (tool?.dataset.zoom) zoom(tool.dataset.zoom === "in" ? 1 : -1);
  else if (tool?.dataset.act === "turn") turn();
});
// Another printed page has other points: this page is opened anew, and stays with the same person.
choice?.form?.addEventListener("submit", () => {
  leaving = true;
});
reportFaults(() => tell(texts.fault));
keepLease(send, data, () => leaving);

picture.addEventListener("load", () => {
  drawPage();
  scroller.focus({ preventScroll: true });
  markReady();
});
picture.addEventListener("error", () => tell(texts.nopicture));
picture.src = data.page;
