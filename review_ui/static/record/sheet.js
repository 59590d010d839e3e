// The sheet beside the cards: which page is shown, how large, and which box is lit.

import { find, findAll } from "../shared/page.js";
import { createZoom } from "../shared/zoom.js";
import { boxOf } from "./cards.js";

const ZOOM_FACTORS = [1, 1.25, 1.5, 2, 2.5, 3];
const scroller = find(".scroller", HTMLElement);
const pages = findAll(".page-view", HTMLElement);

export const zoom = createZoom(ZOOM_FACTORS, find(".tools output", HTMLElement), (factor) => {
  for (const page of pages) page.style.width = `${factor * 100}%`;
  const card = document.querySelector(".field.here");
  if (card instanceof HTMLDetailsElement) light(card);
});

/** Of a sheet of several pages one is shown. @param {string | undefined} number page of the form */
export function turnTo(number) {
  if (!pages.some((page) => page.dataset.formPage === number)) return;
  for (const page of pages) page.hidden = page.dataset.formPage !== number;
  for (const button of findAll(".tools [data-form-page]", HTMLElement)) {
    button.setAttribute("aria-pressed", String(button.dataset.formPage === number));
  }
}

/** @param {number} step */
export function turnBy(step) {
  const next = pages[pages.findIndex((page) => !page.hidden) + step];
  if (!next) return;
  turnTo(next.dataset.formPage);
  scroller.scrollTop = 0;
}

export function turnToFirst() {
  if (pages.length) turnTo(pages[0].dataset.formPage);
}

export function hasSeveralPages() {
  return pages.length > 1;
}

/** Light a field's card and its box, and bring the box into sight. @param {HTMLDetailsElement} card */
export function light(card) {
  for (const other of document.querySelectorAll(".here")) other.classList.remove("here");
  card.classList.add("here");
  turnTo(card.dataset.formPage);
  const rect = boxOf(card);
  if (!rect) return;
  rect.classList.add("here");
  const box = rect.getBoundingClientRect();
  const frame = scroller.getBoundingClientRect();
  const centred = box.left + box.width / 2 - frame.left - frame.width / 2;
  const left = box.width > frame.width ? box.left - frame.left - 20 : centred;
  scroller.scrollBy({ left, top: box.top + box.height / 2 - frame.top - frame.height * 0.4 });
}

/** Show the pages laid onto the form, or as they were scanned. @param {"aligned" | "scan"} view */
export function setView(view) {
  for (const page of pages) {
    const picture = page.querySelector("img");
    if (!picture) continue;
    page.classList.toggle("raw", view === "scan");
    picture.src = picture.dataset[view] ?? "";
  }
  for (const button of findAll("[data-view]", HTMLElement)) {
    button.setAttribute("aria-pressed", String(button.dataset.view === view));
  }
}
