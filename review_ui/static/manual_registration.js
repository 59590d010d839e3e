// The placing page: four points on the scan, a loupe that follows, and the page is read again from them.
// Points are kept in pixels of the page as it was scanned, however it is turned on the screen.

const data = JSON.parse(document.getElementById("rescue-data").textContent);
const texts = data.texts;
// By address, since the address holds the content's hash: a browser may then keep it for ever.
const send = (await import(data.sending)).createSender(data, data.token);
const [sheet, loupe, near] = ["page", "loupe", "near"].map((id) => document.getElementById(id));
const marks = document.getElementById("marks");
const scroller = document.querySelector(".scroller");
const paper = document.querySelector(".paper");
const told = document.getElementById("told");
const status = document.getElementById("status");
const blank = document.getElementById("blank");
const which = document.getElementById("which");
const picture = new Image();
const ZOOMS = [1, 1.5, 2, 3, 4];
const MAGNIFIED = 4;
const FAR = 25;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const points = [];
let current = -1; // the point that the arrows move: the last one set or moved
let quarters = 0;
let zoom = 0;
let busy = false;
let leaving = false;

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// --- turned page and page as it was scanned ---------------------------------------------------------

function turned([x, y]) {
  const { naturalWidth: w, naturalHeight: h } = picture;
  return [[x, y], [h - y, x], [w - x, h - y], [y, w - x]][quarters];
}

function back([x, y]) {
  const { naturalWidth: w, naturalHeight: h } = picture;
  return [[x, y], [y, h - x], [w - x, h - y], [w - y, x]][quarters];
}

function draw() {
  const sideways = quarters % 2 === 1;
  sheet.width = sideways ? picture.naturalHeight : picture.naturalWidth;
  sheet.height = sideways ? picture.naturalWidth : picture.naturalHeight;
  const pen = sheet.getContext("2d");
  pen.translate(sheet.width / 2, sheet.height / 2);
  pen.rotate((quarters * Math.PI) / 2);
  pen.drawImage(picture, -picture.naturalWidth / 2, -picture.naturalHeight / 2);
  marks.setAttribute("viewBox", `0 0 ${sheet.width} ${sheet.height}`);
  size();
}

// At first the whole page is in view, so that all four places can be reached without scrolling.
function size() {
  const whole = Math.min(1, (scroller.clientHeight * sheet.width) / (sheet.height * scroller.clientWidth));
  paper.style.width = `${whole * ZOOMS[zoom] * 100}%`;
  show();
}

function shown() {
  return sheet.clientWidth / sheet.width; // screen pixels a page pixel
}

// --- what is set ------------------------------------------------------------------------------------

function svg(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function show() {
  const unit = 1 / shown();
  const parts = points.flatMap((point, i) => {
    const [x, y] = turned(point);
    const arm = 9 * unit;
    return [
      svg("path", { d: `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}` }),
      svg("circle", { cx: x, cy: y, r: 13 * unit }),
      svg("text", { x: x + 16 * unit, y: y - 8 * unit, "font-size": 17 * unit }, String(i + 1)),
    ];
  });
  marks.replaceChildren(...parts);
  for (const mark of document.querySelectorAll("[data-point]")) {
    const at = Number(mark.dataset.point);
    mark.setAttribute("class", at < points.length ? "done" : at === points.length ? "here" : "");
  }
  const here = points.length < 4 ? points.length : Math.max(current, 0);
  document.getElementById("step").textContent =
    points.length === 4 ? texts.ready : fill(texts.step, { n: here + 1, corner: data.corners[here] });
  document.getElementById("where").textContent = points.length === 4 ? texts.mend : texts.where;
  document.getElementById("read").disabled = points.length < 4 || busy;
  document.getElementById("undo").disabled = !points.length || busy;
  drawNear(here);
}

function drawNear(here) {
  if (!blank.complete || !blank.naturalWidth) return;
  const pen = near.getContext("2d");
  const [x, y] = data.points[here].map((mm) => (mm * blank.naturalWidth) / data.sheet[0]);
  const [w, h] = [near.width / 2.4, near.height / 2.4];
  pen.fillStyle = "#e9edf1";
  pen.fillRect(0, 0, near.width, near.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(blank, x - w / 2, y - h / 2, w, h, 0, 0, near.width, near.height);
  cross(pen, near.width / 2, near.height / 2, 34);
}

function cross(pen, x, y, arm) {
  pen.strokeStyle = "#c2261e";
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    pen.moveTo(x + dx * 5, y + dy * 5);
    pen.lineTo(x + dx * arm, y + dy * arm);
  }
  pen.stroke();
}

function set(point) {
  if (busy) return;
  if (points.length < 4) current = points.push(point) - 1;
  else {
    current = nearest(point);
    points[current] = point;
  }
  tell("");
  show();
}

function nearest([x, y]) {
  const away = points.map(([px, py]) => Math.hypot(px - x, py - y));
  return away.indexOf(Math.min(...away));
}

function undo() {
  if (busy) return;
  points.pop();
  current = points.length - 1;
  tell("");
  show();
  loupe.hidden = true;
}

function nudge([dx, dy], far) {
  if (busy || !points.length) return;
  const step = far ? FAR : 1;
  const [x, y] = turned(points[current]);
  const moved = [x + dx * step, y + dy * step];
  moved[0] = Math.min(Math.max(moved[0], 0), sheet.width);
  moved[1] = Math.min(Math.max(moved[1], 0), sheet.height);
  points[current] = back(moved);
  show();
  look(moved);
}

// Without a mouse a point begins where it lies on the blank, and the arrows bring it to its place.
function setByKey() {
  if (points.length === 4) return;
  const [x, y] = data.points[points.length];
  const at = [(x / data.sheet[0]) * sheet.width, (y / data.sheet[1]) * sheet.height];
  set(back(at));
  look(at);
}

// --- the loupe --------------------------------------------------------------------------------------

function look([x, y]) {
  const pen = loupe.getContext("2d");
  const side = loupe.width / (MAGNIFIED * shown());
  pen.fillStyle = "#e9edf1";
  pen.fillRect(0, 0, loupe.width, loupe.height);
  pen.imageSmoothingEnabled = side > loupe.width / 3;
  pen.drawImage(sheet, x - side / 2, y - side / 2, side, side, 0, 0, loupe.width, loupe.height);
  cross(pen, loupe.width / 2, loupe.height / 2, 40);
  const frame = loupe.parentElement.getBoundingClientRect();
  const over = sheet.getBoundingClientRect();
  const [px, py] = [over.left + x * shown() - frame.left, over.top + y * shown() - frame.top];
  const beside = (at, room) => (at + 28 + loupe.width > room ? at - 28 - loupe.width : at + 28);
  loupe.style.left = `${Math.max(beside(px, frame.width), 4)}px`;
  loupe.style.top = `${Math.max(beside(py, frame.height), 4)}px`;
  loupe.hidden = false;
}

// The middle of the screen's pixel: on a page shrunk to the screen half a pixel is two or three of the page's.
function under(event) {
  const box = sheet.getBoundingClientRect();
  const [x, y] = [Math.floor(event.clientX), Math.floor(event.clientY)];
  return [(x + 0.5 - box.left) / shown(), (y + 0.5 - box.top) / shown()];
}

// --- reading again ----------------------------------------------------------------------------------

function tell(text, next = "") {
  told.textContent = text;
  told.hidden = !text;
  if (!next) return;
  const link = document.createElement("a");
  link.href = next;
  link.textContent = texts.go;
  told.append(" ", link);
}

async function read() {
  if (busy || points.length < 4) return;
  // the points shown belong to another printed page than the one chosen since
  if (which && which.value !== data.as) return which.form.requestSubmit();
  busy = true;
  show();
  tell("");
  loupe.hidden = true;
  status.textContent = texts.reading;
  try {
    // a pixel's centre has whole numbers there, its left edge has them here
    await answered(await send(data.read, [["as", data.as], ...points.map(([x, y]) => ["point", `${(x - 0.5).toFixed(2)},${(y - 0.5).toFixed(2)}`])]));
  } catch {
    tell(texts.offline);
  } finally {
    busy = false;
    status.textContent = "";
    show();
  }
}

function answered({ status: code, body }) {
  if (code === 200) {
    leaving = true;
    sessionStorage.setItem("said", body.said);
    location.assign(body.next);
  } else if (code === 401 || body.error === "csrf") tell(texts.login);
  else if (code >= 500 || !body.message) tell(texts.failed);
  else tell(body.message, body.next);
}

// --- keys and mouse ---------------------------------------------------------------------------------

function setZoom(step) {
  const middle = [scroller.scrollLeft + scroller.clientWidth / 2, scroller.scrollTop + scroller.clientHeight / 2];
  const before = paper.clientWidth;
  zoom = Math.min(Math.max(zoom + step, 0), ZOOMS.length - 1);
  size();
  document.querySelector(".tools output").textContent = `${Math.round(ZOOMS[zoom] * 100)} %`;
  const grown = paper.clientWidth / before;
  scroller.scrollTo(middle[0] * grown - scroller.clientWidth / 2, middle[1] * grown - scroller.clientHeight / 2);
  loupe.hidden = true;
}

function turn() {
  quarters = (quarters + 1) % 4;
  loupe.hidden = true;
  draw();
}

function withAlt(event) {
  if (["Equal", "NumpadAdd"].includes(event.code)) setZoom(1);
  else if (["Minus", "NumpadSubtract"].includes(event.code)) setZoom(-1);
  else if (event.code === "KeyR") turn();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  if (event.altKey) return withAlt(event);
  if (event.target.matches("select")) return;
  const onControl = event.target.closest("a, button, summary");
  if (ARROWS[event.key] && points.length) nudge(ARROWS[event.key], event.shiftKey);
  else if (event.key === "Backspace") undo();
  else if (onControl) return; // Enter and Space belong to it
  else if (event.key === " ") setByKey();
  else if (event.key === "Enter" && !event.repeat) read();
  else return;
  event.preventDefault();
});

sheet.addEventListener("pointermove", (event) => look(under(event)));
sheet.addEventListener("pointerleave", () => (loupe.hidden = true));
sheet.addEventListener("click", (event) => set(back(under(event))));
scroller.addEventListener("scroll", () => (loupe.hidden = true));
window.addEventListener("resize", () => picture.naturalWidth && size());
blank.addEventListener("load", show);
document.getElementById("read").addEventListener("click", read);
document.getElementById("undo").addEventListener("click", undo);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-zoom]")) setZoom(event.target.dataset.zoom === "in" ? 1 : -1);
  else if (event.target.closest("[data-turn]")) turn();
});
// Another printed page has other points: this one is opened anew, and stays in the same hands.
which?.form.addEventListener("submit", () => (leaving = true));
window.addEventListener("pagehide", () => {
  if (!leaving) navigator.sendBeacon(data.release, new URLSearchParams({ csrf_token: data.csrf }));
});
setInterval(() => send(data.hold, []).catch(() => {}), 60_000);

picture.addEventListener("load", () => {
  draw();
  scroller.focus({ preventScroll: true });
  document.body.dataset.ready = "1";
});
picture.addEventListener("error", () => tell(texts.nopicture));
picture.src = data.page;
