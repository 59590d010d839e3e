// The record page's keyboard and mouse: Enter accepts and goes on, each field is saved at once.
// Without this script every field is a plain form that posts and comes back.

import { reportFaults } from "../shared/faults.js";
import { keepLease } from "../shared/lease.js";
import { around, find, findAll, markReady } from "../shared/page.js";
import { zoomStep } from "../shared/zoom.js";
import { answers, asks, cards, changed, hint, keepInitial, markSuggestions, textInput, theirs } from "./cards.js";
import { data, say, send, texts } from "./data.js";
import { begin, currentCard, enter, goBack, isLeaving, toggleAll } from "./moving.js";
import { accept, save, settle, settleNote, takeTheirs } from "./saving.js";
import { hasSeveralPages, light, setView, turnBy, turnTo, turnToFirst, zoom } from "./sheet.js";
import { typingHint } from "./values.js";

/** @param {Event} event @returns {HTMLDetailsElement | null} */
function cardAround(event) {
  const found = around(event, ".field");
  return found instanceof HTMLDetailsElement ? found : null;
}

/** @param {HTMLDetailsElement} card */
function whileTyping(card) {
  const input = textInput(card);
  if (!input || theirs.has(card)) return;
  const { text, kind } = typingHint(card.dataset.kind ?? "", input.value, Number(input.dataset.cells), texts);
  hint(card, text, kind);
  markSuggestions(card);
}

/** @param {HTMLDetailsElement} card @param {HTMLElement | undefined} chip */
function takeSuggestion(card, chip) {
  const input = textInput(card);
  if (!input || !chip) return;
  input.value = chip.dataset.value ?? "";
  enter(card);
  whileTyping(card);
}

// --- keys ----------------------------------------------------------------------------------------

/** @param {HTMLDetailsElement | null} card @param {KeyboardEvent} event */
function withAlt(card, event) {
  const note = around(event, ".note");
  const digit = event.code.match(/^Digit([1-4])$/);
  if (digit) {
    if (card) takeSuggestion(card, findAll(".chip", HTMLButtonElement, card)[Number(digit[1]) - 1]);
  } else if (event.code === "KeyG" && note instanceof HTMLFormElement) settleNote(note);
  else if (event.code === "KeyG" && card) settle(card);
  else if (event.code === "KeyT" && data.pages) location.assign(data.pages);
  else if (event.code === "PageDown" && hasSeveralPages()) turnBy(1);
  else if (event.code === "PageUp" && hasSeveralPages()) turnBy(-1);
  else if (event.code === "KeyL" && card && theirs.has(card)) takeTheirs(card);
  else if (zoomStep(event)) zoom(zoomStep(event));
  else return;
  event.preventDefault();
}

/** Choose an answer by its key; 0 is for none. @param {HTMLDetailsElement} card @param {KeyboardEvent} event */
function pick(card, event) {
  const all = answers(card);
  if (!all.some((answer) => answer === event.target) || event.key.length !== 1) return;
  const key = event.key.toLowerCase();
  const picked = all.find((answer) => answer.dataset.key === key);
  if (picked) picked.checked = picked.type !== "checkbox" || !picked.checked;
  else if (key === "0") for (const answer of all) answer.checked = false;
  else return;
  event.preventDefault();
  picked?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return; // Enter and Esc belong to the input method then
  const card = cardAround(event);
  if (event.key === "F4" && !event.altKey && !event.ctrlKey) {
    event.preventDefault();
    toggleAll();
  } else if (event.altKey && !event.ctrlKey && !event.metaKey) withAlt(card ?? currentCard(), event);
  else if (event.key === "Enter" && event.target === document.body)
    enter(currentCard() ?? cards.find(asks) ?? cards[0]);
  else if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key === "Escape") {
    event.preventDefault();
    save(card, true);
  } else if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
    event.preventDefault();
    if (event.shiftKey) goBack(card);
    else if (!event.repeat) accept(card);
  } else if (!event.shiftKey) pick(card, event);
});

// --- mouse and the rest --------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  const card = cardAround(event);
  if (!(form instanceof HTMLFormElement)) return;
  if (form.matches(".note")) {
    event.preventDefault();
    settleNote(form);
  } else if (card) {
    event.preventDefault();
    if (form.matches(".rule")) settle(card);
    else if (event.submitter?.matches(".unreadable")) save(card, true);
    else accept(card);
  }
});

document.addEventListener("click", (event) => {
  const card = cardAround(event);
  const chip = around(event, ".chip");
  const tool = around(event, ".tools button");
  if (chip && card) takeSuggestion(card, chip);
  else if (tool?.dataset.zoom) zoom(tool.dataset.zoom === "in" ? 1 : -1);
  else if (tool?.dataset.formPage) turnTo(tool.dataset.formPage);
  else if (tool?.dataset.view) setView(tool.dataset.view === "scan" ? "scan" : "aligned");
  else if (event.target instanceof SVGRectElement) {
    const field = event.target.dataset.field;
    const chosen = cards.find((other) => other.dataset.field === field);
    if (chosen) enter(chosen);
  }
});

reportFaults(() => say(texts.fault, "wrong"));
for (const card of cards) {
  keepInitial(card);
  card.addEventListener("focusin", () => light(card));
  card.addEventListener("input", () => whileTyping(card));
  find("summary", HTMLElement, card).addEventListener("click", (event) => {
    if (card.open) return;
    event.preventDefault();
    enter(card);
  });
  markSuggestions(card);
}
window.addEventListener("beforeunload", (event) => {
  if (!isLeaving() && cards.some(changed)) event.preventDefault();
});
keepLease(send, data);
turnToFirst();
begin();
markReady();
