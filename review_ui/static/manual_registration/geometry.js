// Points of the scanned page and of the page as it is turned on the screen, pixels (x, y). No screen here.

/** @typedef {[number, number]} Point */
/** @typedef {{ width: number, height: number }} Size of the page as it was scanned, px */

/**
 * A point of the scanned page where it is seen after so many quarter turns clockwise.
 * @param {Point} point
 * @param {number} quarters
 * @param {Size} size
 * @returns {Point}
 */
export function turned([x, y], quarters, { width, height }) {
  if (quarters === 1) return [height - y, x];
  if (quarters === 2) return [width - x, height - y];
  return quarters === 3 ? [y, width - x] : [x, y];
}

/**
 * The point of the scanned page that is seen at a point of the turned one: the inverse of `turned`.
 * @param {Point} point
 * @param {number} quarters
 * @param {Size} size
 * @returns {Point}
 */
export function unturned([x, y], quarters, { width, height }) {
  if (quarters === 1) return [y, height - x];
  if (quarters === 2) return [width - x, height - y];
  return quarters === 3 ? [width - y, x] : [x, y];
}

/**
 * Which of some points is nearest to a point.
 * @param {Point[]} points at least one
 * @param {Point} point
 */
export function nearest(points, [x, y]) {
  const distances = points.map(([px, py]) => Math.hypot(px - x, py - y));
  return distances.indexOf(Math.min(...distances));
}

/**
 * A point moved by a step, but not off the page.
 * @param {Point} point
 * @param {Point} step
 * @param {Size} size
 * @returns {Point}
 */
export function moved([x, y], [dx, dy], { width, height }) {
  return [Math.min(Math.max(x + dx, 0), width), Math.min(Math.max(y + dy, 0), height)];
}

/**
 * Where a square beside a point begins, so that it stays in its frame: behind the point, or before it at the far edge.
 * @param {number} at
 * @param {number} side
 * @param {number} frame
 */
export function beside(at, side, frame) {
  const gap = 28;
  const least = 4;
  return Math.max(at + gap + side > frame ? at - gap - side : at + gap, least);
}

/**
 * Points as the server wants them: a pixel's centre has whole numbers there, its left edge has them on the screen.
 * @param {Point[]} points
 */
export function asSent(points) {
  return points.map(([x, y]) => `${(x - 0.5).toFixed(2)},${(y - 0.5).toFixed(2)}`);
}
