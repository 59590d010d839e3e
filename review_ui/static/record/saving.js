// Each field is saved by itself; what was typed is never lost.

import { fill, refusalText } from "../shared/messages.js";
import { find, findAll } from "../shared/page.js";
import { NoConnection } from "../shared/sending.js";
import { askedOnce, asks, cards, changed, given, hint, setValue, textInput, theirs, update } from "./cards.js";
import { data, say, send, texts } from "./data.js";
import { goOn, isShowingAll, notes } from "./moving.js";
import { doubt, tidied } from "./values.js";

/** The record after a save.
 * @typedef {{ saved: string, verified: boolean, left: number, notes: string,
 *   fields: Record<string, import("./cards.js").FieldState> }} SavedRecord
 */

/** Cards and notes that wait for an answer. @type {Set<HTMLElement>} */
const waiting = new Set();

/**
 * The record after the server did what was asked; null where it did not, and the status line says why.
 * @param {HTMLElement} owner one at a time for each
 * @param {string} url
 * @param {string[][]} pairs
 * @param {HTMLDetailsElement | null} card whose value is saved
 * @returns {Promise<SavedRecord | null>}
 */
async function post(owner, url, pairs, card = null) {
  if (waiting.has(owner)) return null;
  waiting.add(owner);
  say(texts.saving);
  try {
    const answer = await send(url, pairs);
    if (answer.status === 200) return answer.body;
    if (card && answer.status === 409 && answer.body.error === "conflict") showConflict(card, answer.body);
    else if (card && answer.status === 422) showProblem(card, answer.body.message);
    else say(refusalText(answer, texts), "wrong");
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error;
    say(texts.offline, "wrong");
  } finally {
    waiting.delete(owner);
  }
  return null;
}

/** @param {HTMLDetailsElement} card @param {string} message */
function showProblem(card, message) {
  say("");
  hint(card, message, "wrong");
}

/** @param {HTMLDetailsElement} card @param {{ message: string, value: string[], state: import("./cards.js").FieldState }} body */
function showConflict(card, body) {
  update(card, body.state);
  card.dataset.asks = "1";
  theirs.set(card, body.value);
  say("");
  hint(card, `${body.message}\n${texts.conflict}`, "wrong conflict");
}

/** @param {HTMLDetailsElement} card */
export function takeTheirs(card) {
  setValue(card, theirs.get(card) ?? []);
  theirs.delete(card);
  hint(card, "");
}

/** @param {SavedRecord} record @param {HTMLDetailsElement | null} done */
function updateAll(record, done) {
  for (const card of cards) {
    const state = record.fields[card.dataset.field ?? ""];
    if (!state) continue;
    // A field changed elsewhere keeps the revision that this page has seen, so that saving it here is a conflict.
    if (card !== done) state.revision = card.dataset.revision ?? state.revision;
    const asked = asks(card);
    update(card, state);
    if (asks(card) && !asked) {
      card.open = true;
      askedOnce.add(card);
    }
    if (!asks(card) && !isShowingAll() && (card === done || !changed(card))) card.open = false;
  }
  if (!notes.contains(document.activeElement)) notes.innerHTML = record.notes;
  const left = document.getElementById("left");
  if (left) left.textContent = fill(texts.left, { n: record.left });
  say(fill(texts.saved, { time: record.saved }));
}

/** @param {HTMLDetailsElement} card @param {boolean} unreadable */
export async function save(card, unreadable) {
  const form = find(".edit", HTMLFormElement, card);
  const values = given(card);
  const pairs = [["seen_revision", card.dataset.revision ?? ""], ...values.map((value) => ["value", value])];
  if (unreadable) pairs.push(["unreadable", "1"]);
  const record = await post(card, form.action, pairs, card);
  if (!record) return;
  card.dataset.initial = JSON.stringify(values);
  card.dataset.unreadable = unreadable ? "1" : ""; // what was typed stays; Enter on it takes the "unreadable" back
  theirs.delete(card);
  if (textInput(card)) hint(card, "");
  updateAll(record, card);
  goOn(card);
}

/** Enter: save the value and go on; a doubtful value is asked about once. @param {HTMLDetailsElement} card */
export async function accept(card) {
  if (!asks(card) && !changed(card) && !card.dataset.unreadable) return goOn(card);
  const onlyWarned = card.dataset.open === "0" && !theirs.has(card) && card.querySelector(".rule");
  if (onlyWarned && card.dataset.accepted === JSON.stringify(given(card))) return goOn(card);
  const input = textInput(card);
  if (input) {
    const kind = card.dataset.kind ?? "";
    input.value = tidied(kind, input.value);
    const problem = doubt(kind, input.value, Number(input.dataset.cells), texts);
    if (problem && card.dataset.warned !== input.value) {
      card.dataset.warned = input.value;
      return hint(card, problem, "amber");
    }
  }
  card.dataset.accepted = JSON.stringify(given(card));
  await save(card, false);
}

/** The values of a field stand as written: settle what rules doubt about it. @param {HTMLDetailsElement} card */
export async function settle(card) {
  for (const form of findAll(".notices .rule", HTMLFormElement, card)) {
    const record = await post(card, form.action, []);
    if (!record) return;
    updateAll(record, card);
  }
  goOn(card);
}

/** Settle an issue of the sheet as a whole. @param {HTMLFormElement} note */
export async function settleNote(note) {
  const text = findAll("[name=note]", HTMLInputElement, note)[0]?.value ?? "";
  const record = await post(note, note.action, [["note", text]]);
  if (!record) return;
  notes.innerHTML = record.notes;
  updateAll(record, null);
  if (record.verified) data.verified = false; // settled just now: what follows is the next record
  goOn(cards[cards.length - 1]);
}
