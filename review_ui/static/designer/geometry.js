// Boxes on the blank, [left, top, width, height] in mm of the sheet. No screen here.

/** @typedef {[number, number, number, number]} Box */
/** @typedef {[number, number]} Point */
/** @typedef {[number, number]} Sheet width and height, mm */

const GRID = 0.1; // mm: finer than a scan at 300 dpi resolves
const LEAST = 1; // mm, of a box

/** To a hundredth of a millimetre, as form files hold them. @param {number} value */
export function round(value) {
  return Math.round(value * 100) / 100;
}

/** @param {Box} box @returns {Box} */
export function rounded([x, y, w, h]) {
  return [round(x), round(y), round(w), round(h)];
}

/** @param {number} value */
function snap(value) {
  return Math.round(value / GRID) * GRID;
}

/** How far the pointer went, in steps of the grid. @param {Point} from @param {Point} to @returns {Point} */
export function distance(from, to) {
  return [snap(to[0] - from[0]), snap(to[1] - from[1])];
}

/** The smallest box around some boxes. @param {Box[]} boxes @returns {Box} */
export function around(boxes) {
  if (!boxes.length) return [10, 10, 40, 7]; // a field that lost its last box: somewhere to begin again
  const left = Math.min(...boxes.map((b) => b[0]));
  const top = Math.min(...boxes.map((b) => b[1]));
  const right = Math.max(...boxes.map((b) => b[0] + b[2]));
  const bottom = Math.max(...boxes.map((b) => b[1] + b[3]));
  return [left, top, right - left, bottom - top];
}

/** A box that is not too small and lies on the sheet. @param {Box} box @param {Sheet} sheet @returns {Box} */
export function within([x, y, w, h], [sheetWidth, sheetHeight]) {
  const width = Math.min(Math.max(w, LEAST), sheetWidth);
  const height = Math.min(Math.max(h, LEAST), sheetHeight);
  return [Math.min(Math.max(x, 0), sheetWidth - width), Math.min(Math.max(y, 0), sheetHeight - height), width, height];
}

/** @param {Box} box @param {Point} step @param {Sheet} sheet @returns {Box} */
export function shifted([x, y, w, h], [dx, dy], sheet) {
  return within([x + dx, y + dy, w, h], sheet);
}

/**
 * A box with the sides moved that a handle (n, e, s, w or a corner) holds.
 * @param {Box} box @param {string} handle @param {Point} step @param {Sheet} sheet @returns {Box}
 */
export function stretched([x, y, w, h], handle, [dx, dy], [width, height]) {
  const left = handle.includes("w") ? Math.min(Math.max(x + dx, 0), x + w - LEAST) : x;
  const top = handle.includes("n") ? Math.min(Math.max(y + dy, 0), y + h - LEAST) : y;
  const right = handle.includes("e") ? Math.max(Math.min(x + w + dx, width), left + LEAST) : x + w;
  const bottom = handle.includes("s") ? Math.max(Math.min(y + h + dy, height), top + LEAST) : y + h;
  return [left, top, right - left, bottom - top];
}

/** The box between two corners, on the sheet. @param {Point} a @param {Point} b @param {Sheet} sheet @returns {Box} */
export function between(a, b, [width, height]) {
  const [x, y] = [Math.max(Math.min(a[0], b[0]), 0), Math.max(Math.min(a[1], b[1]), 0)];
  const [right, bottom] = [Math.min(Math.max(a[0], b[0]), width), Math.min(Math.max(a[1], b[1]), height)];
  return [snap(x), snap(y), snap(right - x), snap(bottom - y)];
}

/** A box grown around its middle to a least side: handles of a tiny one would lie on each other.
 * @param {Box} box @param {number} least @returns {Box} */
export function atLeast([x, y, w, h], least) {
  const dx = Math.max((least - w) / 2, 0);
  const dy = Math.max((least - h) / 2, 0);
  return [x - dx, y - dy, w + 2 * dx, h + 2 * dy];
}

/** Cells of one width side by side in an area. @param {Box} area @param {number} count @returns {Box[]} */
export function split([x, y, w, h], count) {
  return Array.from({ length: count }, (_, i) => rounded([x + (i * w) / count, y, w / count, h]));
}
