// The cards of the record page: one <details> a field, with its input or its answers.

import { find, findAll } from "../shared/page.js";
import { difference } from "./values.js";

/** The state of a field as the server gives it after a save.
 * @typedef {{ revision: number | string, open: boolean, asks: boolean, line: string, notices: string }} FieldState
 */

export const cards = findAll(".field", HTMLDetailsElement);
/** Fields that asked for a person at some time since the page was opened. */
export const askedOnce = new Set(cards.filter(asks));
/** What somebody else saved while a person typed here. @type {Map<HTMLDetailsElement, string[]>} */
export const theirs = new Map();

/** Must a person look here? @param {HTMLDetailsElement} card */
export function asks(card) {
  return card.dataset.asks === "1";
}

/** @param {HTMLDetailsElement} card */
export function textInput(card) {
  return findAll("input.value", HTMLInputElement, card)[0] ?? null;
}

/** @param {HTMLDetailsElement} card */
export function answers(card) {
  return findAll(".answers input", HTMLInputElement, card);
}

/** What would be sent now. @param {HTMLDetailsElement} card */
export function given(card) {
  const input = textInput(card);
  if (input) return [input.value];
  return answers(card)
    .filter((answer) => answer.checked)
    .map((answer) => answer.value);
}

/** Does it hold something that is not saved? @param {HTMLDetailsElement} card */
export function changed(card) {
  return JSON.stringify(given(card)) !== card.dataset.initial;
}

/** What it holds now is saved. @param {HTMLDetailsElement} card */
export function keepInitial(card) {
  card.dataset.initial = JSON.stringify(given(card));
}

/** @param {HTMLDetailsElement} card @param {string[]} values */
export function setValue(card, values) {
  const input = textInput(card);
  if (input) input.value = values[0] ?? "";
  for (const answer of answers(card)) {
    answer.checked = values.includes(answer.value) || (!values.length && answer.value === "");
  }
}

/** @param {HTMLDetailsElement} card @param {string} text @param {string} kind classes */
export function hint(card, text, kind = "") {
  const line = find(".hint", HTMLElement, card);
  line.textContent = text;
  line.className = `hint ${kind}`;
}

/** The box of a field on the sheet. @param {HTMLDetailsElement} card @returns {Element | null} */
export function boxOf(card) {
  return document.querySelector(`rect[data-field="${CSS.escape(card.dataset.field ?? "")}"]`);
}

/** Show the state that the server has. @param {HTMLDetailsElement} card @param {FieldState} state */
export function update(card, state) {
  card.dataset.revision = String(state.revision);
  find("[name=seen_revision]", HTMLInputElement, card).value = String(state.revision);
  card.dataset.asks = state.asks ? "1" : "0";
  card.dataset.open = state.open ? "1" : "0";
  find("summary", HTMLElement, card).innerHTML = state.line;
  find(".notices", HTMLElement, card).innerHTML = state.notices;
  boxOf(card)?.classList.toggle("asks", state.asks);
}

/** Each suggestion shows how it differs from the text in the input. @param {HTMLDetailsElement} card */
export function markSuggestions(card) {
  const base = textInput(card)?.value.normalize("NFC") ?? "";
  for (const chip of findAll(".chip", HTMLButtonElement, card)) {
    const text = chip.dataset.value ?? "";
    const [before, differing, after] = difference(text, base);
    const middle = document.createElement("b");
    middle.textContent = differing;
    find("span", HTMLElement, chip).replaceChildren(before, middle, after);
    chip.title = text;
    chip.setAttribute("aria-label", text);
    chip.setAttribute("aria-pressed", String(text === base));
  }
}
