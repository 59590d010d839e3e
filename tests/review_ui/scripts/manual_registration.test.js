import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asSent,
  beside,
  moved,
  nearest,
  turned,
  unturned,
} from "../../../review_ui/static/manual_registration/geometry.js";

const size = { width: 2480, height: 3508 };

test("a point is found again however the page is turned", () => {
  for (const quarters of [0, 1, 2, 3]) {
    assert.deepEqual(unturned(turned([17, 901], quarters, size), quarters, size), [17, 901], String(quarters));
  }
});

test("a quarter turn clockwise brings the top left corner to the top right", () => {
  assert.deepEqual(turned([0, 0], 1, size), [3508, 0]);
  assert.deepEqual(turned([0, 0], 2, size), [2480, 3508]);
  assert.deepEqual(turned([0, 0], 3, size), [0, 2480]);
});

test("the nearest of four points is moved", () => {
  assert.equal(
    nearest(
      [
        [0, 0],
        [100, 0],
        [100, 100],
        [0, 100],
      ],
      [80, 70],
    ),
    2,
  );
});

test("a point cannot be moved off the page", () => {
  assert.deepEqual(moved([1, 3500], [-25, 25], size), [0, 3508]);
});

test("the loupe stands behind the point, before it at the far edge, and never outside", () => {
  assert.equal(beside(100, 200, 1000), 128);
  assert.equal(beside(900, 200, 1000), 672);
  assert.equal(beside(100, 200, 210), 4);
});

test("the server gets whole numbers for the centre of a pixel", () => {
  assert.deepEqual(asSent([[10.5, 20.25]]), ["10.00,19.75"]);
});
