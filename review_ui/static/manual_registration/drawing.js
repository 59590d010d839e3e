// What is drawn on the page and beside it: the marks of the points, the loupe, the place on the blank.

const RED = "#c2261e";
const GROUND = "#e9edf1";
const LOUPE_FACTOR = 4; // the loupe shows four screen pixels for one
const BLANK_FACTOR = 2.4;

/** @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D} */
export function penOf(canvas) {
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("The browser gives no canvas.");
  return pen;
}

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} text */
function svgElement(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/**
 * A cross, a circle and its number for each point, of the same size on the screen at any zoom.
 * @param {import("./geometry.js").Point[]} points as seen
 * @param {number} unit page pixels a screen pixel
 */
export function marksOf(points, unit) {
  const arm = 9 * unit;
  return points.flatMap(([x, y], i) => [
    svgElement("path", { d: `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}` }),
    svgElement("circle", { cx: x, cy: y, r: 13 * unit }),
    svgElement("text", { x: x + 16 * unit, y: y - 8 * unit, "font-size": 17 * unit }, String(i + 1)),
  ]);
}

/** @param {CanvasRenderingContext2D} pen @param {number} arm */
function drawCross(pen, arm) {
  const [x, y] = [pen.canvas.width / 2, pen.canvas.height / 2];
  pen.strokeStyle = RED;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ]) {
    pen.moveTo(x + dx * 5, y + dy * 5);
    pen.lineTo(x + dx * arm, y + dy * arm);
  }
  pen.stroke();
}

/** @param {HTMLCanvasElement} canvas */
function cleared(canvas) {
  const pen = penOf(canvas);
  pen.fillStyle = GROUND;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return pen;
}

/**
 * A place of the blank, enlarged.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLImageElement} blank
 * @param {number[]} centre pixels of the blank
 */
export function drawPlace(canvas, blank, [x, y]) {
  const [w, h] = [canvas.width / BLANK_FACTOR, canvas.height / BLANK_FACTOR];
  const pen = cleared(canvas);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(blank, x - w / 2, y - h / 2, w, h, 0, 0, canvas.width, canvas.height);
  drawCross(pen, 34);
}

/**
 * The page under the pointer, enlarged.
 * @param {HTMLCanvasElement} loupe
 * @param {HTMLCanvasElement} page
 * @param {import("./geometry.js").Point} centre pixels of the page as seen
 * @param {number} scale screen pixels a page pixel
 */
export function drawLoupe(loupe, page, [x, y], scale) {
  const side = loupe.width / (LOUPE_FACTOR * scale);
  const pen = cleared(loupe);
  pen.imageSmoothingEnabled = side > loupe.width / 3;
  pen.drawImage(page, x - side / 2, y - side / 2, side, side, 0, 0, loupe.width, loupe.height);
  drawCross(pen, 40);
}
