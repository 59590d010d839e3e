import assert from "node:assert/strict";
import { test } from "node:test";
import { nextField, previousField } from "../../../review_ui/static/record/order.js";
import { dateParts, difference, doubt, tidied, typingHint } from "../../../review_ui/static/record/values.js";

const texts = { digits: "{n}/{all}", many: "{n}>{all}", nodate: "no date", notdigits: "digits!", notdate: "date!" };

test("a date is understood however its parts are divided", () => {
  for (const text of ["1/2/1993", "01-02-1993", " 1 . 2 . 1993 ", "01021993", "1 2 1993"]) {
    assert.deepEqual(dateParts(text), [1, 2, 1993], text);
  }
  for (const text of ["1993", "1/2/93", "1/2", "a/b/1993", ""]) assert.equal(dateParts(text), null, text);
});

test("a value is put in the form of its kind, and text is left alone", () => {
  assert.equal(tidied("date", "1.2.1993"), "01/02/1993");
  assert.equal(tidied("date", "1993"), "1993");
  assert.equal(tidied("digits", "008 193-418.359"), "008193418359");
  assert.equal(tidied("text", "1.2.1993"), "1.2.1993");
});

test("a day that does not exist is doubted, a leap day is not", () => {
  assert.equal(doubt("date", "31/02/1993", 0, texts), "no date");
  assert.equal(doubt("date", "29/02/1993", 0, texts), "no date");
  assert.equal(doubt("date", "29/02/1992", 0, texts), "");
  assert.equal(doubt("date", "1993", 0, texts), "");
});

test("more digits than boxes are doubted; fewer, or boxes without a number, are not", () => {
  assert.equal(doubt("digits", "1234", 3, texts), "4>3");
  assert.equal(doubt("digits", "123", 3, texts), "");
  assert.equal(doubt("digits", "1234", 0, texts), "");
});

test("digits are counted while they are typed, and what is no digit is named", () => {
  assert.deepEqual(typingHint("digits", "12 3", 12, texts), { text: "3/12", kind: "" });
  assert.deepEqual(typingHint("digits", "12a", 12, texts), { text: "digits!", kind: "amber" });
  assert.deepEqual(typingHint("date", "mai", 0, texts), { text: "date!", kind: "amber" });
  assert.deepEqual(typingHint("text", "mai", 0, texts), { text: "", kind: "" });
});

test("a suggestion shows the words that differ, with the letters that differ apart", () => {
  assert.deepEqual(difference("Phạm Thúy Xuyến", "Phạm Thúy Xuyên"), ["Xuy", "ế", "n"]);
  assert.deepEqual(difference("13/09/1993", "13/09/1983"), ["13/09/19", "9", "3"]);
  assert.deepEqual(difference("Hoa", "Hoa"), ["Hoa", "", ""]);
  assert.deepEqual(difference("Hoa", ""), ["", "Hoa", ""]);
});

test("after a field comes the next that asks, beginning anew at the end", () => {
  assert.equal(nextField([true, false, true, false], 0, false), 2);
  assert.equal(nextField([true, false, true, false], 2, false), 0);
  assert.equal(nextField([false, false, true], 2, false), -1);
  assert.equal(nextField([false, false], 0, false), -1);
});

test("with all fields shown the next one comes, and after the last the first that asks", () => {
  assert.equal(nextField([true, false, false], 0, true), 1);
  assert.equal(nextField([true, false, false], 2, true), 0);
});

test("going back skips what is not shown and stops at the first", () => {
  assert.equal(previousField([true, false, true], 2), 0);
  assert.equal(previousField([false, true], 1), -1);
  assert.equal(previousField([true], 0), -1);
});
