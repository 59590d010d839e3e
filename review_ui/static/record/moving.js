// Going from field to field, and on to the next record.

import { byId, find, findAll } from "../shared/page.js";
import { answers, askedOnce, asks, cards, changed, textInput } from "./cards.js";
import { data, say, texts } from "./data.js";
import { nextField, previousField } from "./order.js";

export const notes = byId("notes", HTMLElement);
const SAID = "said"; // key of the session's storage: what the next page says first
let showAll = false;
let leaving = false;

export function isShowingAll() {
  return showAll;
}

/** Is the page left for the next record? */
export function isLeaving() {
  return leaving;
}

/** @returns {HTMLDetailsElement | null} */
export function currentCard() {
  return findAll(".field.here", HTMLDetailsElement)[0] ?? null;
}

/** Open a card, put the focus into it and bring it into sight. @param {HTMLDetailsElement} card */
export function enter(card) {
  card.open = true;
  const choices = answers(card);
  const input = textInput(card);
  const target = input ?? choices.find((answer) => answer.checked) ?? choices[0];
  target.focus({ preventScroll: true });
  if (input) input.setSelectionRange(input.value.length, input.value.length);
  const list = card.parentElement;
  if (list && getComputedStyle(list).overflowY === "auto") {
    const own = card.getBoundingClientRect();
    const frame = list.getBoundingClientRect();
    list.scrollBy({ top: own.top - frame.top - Math.max(12, (frame.height - own.height) / 3) });
  } else card.scrollIntoView({ block: "center" });
}

/** The first issue of the sheet as a whole that is left, as a missing page. @returns {HTMLFormElement | null} */
function firstNote() {
  return findAll(".note", HTMLFormElement, notes)[0] ?? null;
}

/** @param {HTMLFormElement} note */
function enterNote(note) {
  notes.parentElement?.scrollTo({ top: 0 });
  find("a, button", HTMLElement, note).focus();
  say(texts.note, "amber");
}

/** Go on from a card: to the next field, to what is left of the sheet, or to the next record. @param {HTMLDetailsElement} card */
export function goOn(card) {
  const next = cards[nextField(cards.map(asks), cards.indexOf(card), showAll)];
  if (next) return enter(next);
  if (asks(card)) {
    enter(card);
    return say(texts.settle, "amber");
  }
  const note = firstNote();
  if (note) return enterNote(note);
  if (data.verified) return say(texts.done);
  leaving = true;
  sessionStorage.setItem(SAID, byId("status", HTMLElement).textContent ?? "");
  location.assign(data.next);
}

/** @param {HTMLDetailsElement} card */
export function goBack(card) {
  const shown = cards.map((other) => showAll || other.open || askedOnce.has(other));
  const before = cards[previousField(shown, cards.indexOf(card))];
  if (before) enter(before);
}

/** Show all fields, or only those that ask. */
export function toggleAll() {
  showAll = !showAll;
  for (const card of cards) card.open = showAll || asks(card) || changed(card) || card.classList.contains("here");
  byId("f4", HTMLElement).textContent = showAll ? texts.fewer : texts.all;
  enter(currentCard() ?? cards[0]);
}

/** Where the work on this record begins. */
export function begin() {
  const first = cards.find((card) => `#${card.id}` === location.hash) ?? cards.find(asks);
  const note = firstNote();
  if (first) enter(first);
  else if (note) enterNote(note);
  const said = sessionStorage.getItem(SAID);
  if (said) say(said);
  sessionStorage.removeItem(SAID);
}
