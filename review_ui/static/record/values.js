// What a person typed into a field: put in order, doubted, compared. No screen here.

/** @typedef {{ digits: string, many: string, nodate: string, notdigits: string, notdate: string }} ValueTexts */

import { fill } from "../shared/messages.js";

/**
 * Day, month and year of a date as people type it; null for anything else.
 * @param {string} text
 * @returns {[number, number, number] | null}
 */
export function dateParts(text) {
  const short = text.trim().replace(/\s*([/.-])\s*/g, "$1");
  const parts = short.match(/^(\d\d)(\d\d)(\d{4})$/) ?? short.match(/^(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d{4})$/);
  return parts && [Number(parts[1]), Number(parts[2]), Number(parts[3])];
}

/**
 * The text in the form of its kind: digits without spaces, a date as dd/mm/yyyy.
 * @param {string} kind
 * @param {string} text
 */
export function tidied(kind, text) {
  if (kind === "digits") return bare(text);
  const parts = kind === "date" && dateParts(text);
  return parts ? `${String(parts[0]).padStart(2, "0")}/${String(parts[1]).padStart(2, "0")}/${parts[2]}` : text;
}

/** @param {string} text */
function bare(text) {
  return text.replace(/[\s.-]/g, "");
}

/**
 * Why a value should be looked at again before it is saved; "" where nothing speaks against it.
 * @param {string} kind
 * @param {string} text
 * @param {number} cells how many digits the sheet has boxes for; 0 where that is not fixed
 * @param {ValueTexts} texts
 */
export function doubt(kind, text, cells, texts) {
  if (kind === "digits" && cells && text.length > cells) return fill(texts.many, { n: text.length, all: cells });
  const parts = kind === "date" ? dateParts(text) : null;
  return parts && !isDay(parts) ? texts.nodate : "";
}

/** @param {[number, number, number]} parts */
function isDay([day, month, year]) {
  const found = new Date(year, month - 1, day);
  return found.getMonth() === month - 1 && found.getDate() === day;
}

/**
 * What is said while a person types: how many digits, or that a character does not fit.
 * @param {string} kind
 * @param {string} text
 * @param {number} cells
 * @param {ValueTexts} texts
 * @returns {{ text: string, kind: "" | "amber" }}
 */
export function typingHint(kind, text, cells, texts) {
  const digits = bare(text);
  if (kind === "date" && /[^\d\s/.-]/.test(text)) return { text: texts.notdate, kind: "amber" };
  if (kind !== "digits" || !digits) return { text: "", kind: "" };
  if (/\D/.test(digits)) return { text: texts.notdigits, kind: "amber" };
  return { text: cells ? fill(texts.digits, { n: digits.length, all: cells }) : "", kind: "" };
}

/**
 * The words of a suggestion that differ from the base: before, in and after the letters that differ.
 * @param {string} text
 * @param {string} base
 * @returns {[string, string, string]}
 */
export function difference(text, base) {
  const from = common(text, base, (n) => n);
  const to = Math.min(
    common(text, base, (n) => -1 - n),
    text.length - from,
    Math.max(base.length - from, 0),
  );
  const space = text.indexOf(" ", text.length - to);
  const whole = text === base;
  const start = whole ? 0 : text.lastIndexOf(" ", from - 1) + 1;
  const end = whole || space < 0 ? text.length : space;
  return [text.slice(start, from), text.slice(from, text.length - to), text.slice(text.length - to, end)];
}

/** @param {string} a @param {string} b @param {(n: number) => number} at */
function common(a, b, at) {
  let n = 0;
  while (n < Math.min(a.length, b.length) && a.at(at(n)) === b.at(at(n))) n += 1;
  return n;
}
