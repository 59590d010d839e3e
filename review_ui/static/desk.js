// The form page's keyboard: Enter accepts and goes on, each field is saved at once, nothing typed is ever lost.
// Without this script every field is a plain form that posts and comes back.

const data = JSON.parse(document.getElementById("desk-data").textContent);
const texts = data.texts;
// By address, since the address holds the content's hash: a browser may then keep it for ever.
const send = (await import(data.sending)).createSender(data, data.token);
const cards = [...document.querySelectorAll(".field")];
const status = document.getElementById("status");
const scroller = document.querySelector(".scroller");
const papers = [...document.querySelectorAll(".paper")];
const notes = document.getElementById("notes");
const ZOOMS = [1, 1.25, 1.5, 2, 2.5, 3];
const wasAsking = new Set(cards.filter(asks));
let showAll = false;
let zoom = 0;
let leaving = false;

// --- what a card holds ---------------------------------------------------------------------------

function asks(card) {
  return card.dataset.asks === "1";
}

function textInput(card) {
  return card.querySelector("input.value");
}

function ticks(card) {
  return [...card.querySelectorAll(".answers input")];
}

function given(card) {
  const input = textInput(card);
  return input ? [input.value] : ticks(card).filter((t) => t.checked).map((t) => t.value);
}

function changed(card) {
  return JSON.stringify(given(card)) !== card.dataset.initial;
}

function keepInitial(card) {
  card.dataset.initial = JSON.stringify(given(card));
}

function hint(card, text, kind = "") {
  const line = card.querySelector(".hint");
  line.textContent = text;
  line.className = `hint ${kind}`;
}

function say(text, kind = "") {
  status.textContent = text;
  status.className = kind;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// --- where we are --------------------------------------------------------------------------------

function rectOf(card) {
  return document.querySelector(`rect[data-field="${CSS.escape(card.dataset.field)}"]`);
}

// Of a sheet of several pages one is shown: that of the field, or the one that was asked for.
function turnTo(leaf) {
  if (!papers.some((paper) => paper.dataset.leaf === leaf)) return;
  for (const paper of papers) paper.hidden = paper.dataset.leaf !== leaf;
  for (const button of document.querySelectorAll(".tools [data-leaf]")) {
    button.setAttribute("aria-pressed", String(button.dataset.leaf === leaf));
  }
}

function turnBy(step) {
  const at = papers.findIndex((paper) => !paper.hidden);
  const next = papers[at + step];
  if (!next) return;
  turnTo(next.dataset.leaf);
  scroller.scrollTop = 0;
}

function enter(card) {
  card.open = true;
  const marks = ticks(card);
  const target = textInput(card) ?? marks.find((t) => t.checked) ?? marks[0];
  target.focus({ preventScroll: true });
  if (target.classList.contains("value")) target.setSelectionRange(target.value.length, target.value.length);
  const list = card.parentElement;
  const over = card.getBoundingClientRect();
  const frame = list.getBoundingClientRect();
  const inside = getComputedStyle(list).overflowY === "auto";
  if (inside) list.scrollBy({ top: over.top - frame.top - Math.max(12, (frame.height - over.height) / 3) });
  else card.scrollIntoView({ block: "center" });
}

function light(card) {
  for (const other of document.querySelectorAll(".here")) other.classList.remove("here");
  card.classList.add("here");
  turnTo(card.dataset.leaf);
  const rect = rectOf(card);
  if (!rect) return;
  rect.classList.add("here");
  const box = rect.getBoundingClientRect();
  const frame = scroller.getBoundingClientRect();
  const left = box.width > frame.width ? box.left - frame.left - 20 : box.left + box.width / 2 - frame.left - frame.width / 2;
  scroller.scrollBy({ left, top: box.top + box.height / 2 - frame.top - frame.height * 0.4 });
}

function following(card) {
  const at = cards.indexOf(card);
  const turned = [...cards.slice(at + 1), ...cards.slice(0, at)];
  if (showAll && cards[at + 1]) return cards[at + 1];
  return turned.find(asks);
}

function goOn(card) {
  const next = following(card);
  if (next) return enter(next);
  if (asks(card)) {
    enter(card);
    return say(texts.settle, "amber");
  }
  const note = notes.querySelector(".note");
  if (note) return enterNote(note);
  if (data.verified) return say(texts.done);
  leaving = true;
  sessionStorage.setItem("said", status.textContent);
  location.assign(data.next);
}

// What is left about the sheet as a whole, as a missing page: its first button has the focus.
function enterNote(note) {
  notes.parentElement.scrollTo({ top: 0 });
  (note.querySelector("a") ?? note.querySelector("button")).focus();
  say(texts.note, "amber");
}

function goBack(card) {
  const before = cards.slice(0, cards.indexOf(card)).reverse();
  const target = before.find((c) => showAll || c.open || wasAsking.has(c));
  if (target) enter(target);
}

// --- saving --------------------------------------------------------------------------------------

async function post(card, url, pairs) {
  if (card.dataset.busy) return null;
  card.dataset.busy = "1";
  say(texts.saving);
  try {
    const { status: code, body } = await send(url, pairs);
    if (code === 200) return body;
    if (code === 409 && body.error === "conflict") conflict(card, body);
    else if (code === 422) refuse(card, body.message);
    else if (code === 401 || body.error === "csrf") say(texts.login, "wrong");
    else say(code >= 500 || !body.message ? texts.failed : body.message, "wrong");
  } catch {
    say(texts.offline, "wrong");
  } finally {
    delete card.dataset.busy;
  }
  return null;
}

function refuse(card, message) {
  say("");
  hint(card, message, "wrong");
}

function conflict(card, body) {
  say("");
  update(card, body.state);
  card.dataset.asks = "1";
  card.theirs = body.value;
  hint(card, `${body.message}\n${texts.conflict}`, "wrong conflict");
}

function takeTheirs(card) {
  setValue(card, card.theirs);
  delete card.theirs;
  hint(card, "");
}

function setValue(card, values) {
  const input = textInput(card);
  if (input) input.value = values[0] ?? "";
  for (const tick of ticks(card)) tick.checked = values.includes(tick.value) || (!values.length && tick.value === "");
}

function update(card, state) {
  card.dataset.revision = state.revision;
  card.querySelector("[name=seen_revision]").value = state.revision;
  card.dataset.asks = state.asks ? "1" : "0";
  card.dataset.open = state.open ? "1" : "0";
  card.querySelector("summary").innerHTML = state.line;
  card.querySelector(".notices").innerHTML = state.notices;
  rectOf(card)?.classList.toggle("asks", state.asks);
}

function updateAll(body, done) {
  for (const card of cards) {
    const state = body.fields[card.dataset.field];
    if (!state) continue;
    // A field changed elsewhere keeps the revision that this page has seen: saving it here must not pass silently.
    if (card !== done && String(state.revision) !== card.dataset.revision) state.revision = card.dataset.revision;
    const asked = asks(card);
    update(card, state);
    if (asks(card) && !asked) {
      card.open = true;
      wasAsking.add(card);
    }
    if (!asks(card) && !showAll && (card === done || !changed(card))) card.open = false;
  }
  if (!notes.contains(document.activeElement)) notes.innerHTML = body.notes;
  document.getElementById("left").textContent = fill(texts.left, { n: body.left });
  say(fill(texts.saved, { time: body.saved }));
}

async function save(card, unreadable) {
  const form = card.querySelector(".edit");
  const values = given(card);
  const pairs = [["seen_revision", card.dataset.revision], ...values.map((v) => ["value", v])];
  if (unreadable) pairs.push(["unreadable", "1"]);
  const body = await post(card, form.action, pairs);
  if (!body) return;
  card.dataset.initial = JSON.stringify(values);
  card.dataset.givenUp = unreadable ? "1" : ""; // what was typed stays; Enter on it takes the "unreadable" back
  delete card.theirs;
  if (textInput(card)) hint(card, "");
  updateAll(body, card);
  goOn(card);
}

async function accept(card) {
  if (!asks(card) && !changed(card) && !card.dataset.givenUp) return goOn(card);
  const onlyWarned = card.dataset.open === "0" && !card.theirs && card.querySelector(".rule");
  if (onlyWarned && card.dataset.looked === JSON.stringify(given(card))) return goOn(card);
  tidy(card);
  const doubt = doubtful(card);
  if (doubt && card.dataset.warned !== textInput(card).value) {
    card.dataset.warned = textInput(card).value;
    return hint(card, doubt, "amber");
  }
  card.dataset.looked = JSON.stringify(given(card));
  await save(card, false);
}

async function settle(card) {
  for (const form of [...card.querySelectorAll(".notices .rule")]) {
    const body = await post(card, form.action, []);
    if (!body) return;
    updateAll(body, card);
  }
  goOn(card);
}

async function settleNote(note) {
  const body = await post(note, note.action, [["note", note.querySelector("[name=note]")?.value ?? ""]]);
  if (!body) return;
  notes.innerHTML = body.notes;
  updateAll(body, null);
  if (body.verified) data.verified = false; // settled just now: what follows is the next record
  goOn(cards[cards.length - 1]);
}

// --- hints ---------------------------------------------------------------------------------------

function dateParts(text) {
  const short = text.trim().replace(/\s*([/.\-])\s*/g, "$1");
  const eight = short.match(/^(\d\d)(\d\d)(\d{4})$/);
  const parts = eight ?? short.match(/^(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d{4})$/);
  return parts && parts.slice(1).map(Number);
}

function tidy(card) {
  const input = textInput(card);
  if (!input) return;
  if (card.dataset.kind === "digits") input.value = input.value.replace(/[\s.\-]/g, "");
  const parts = card.dataset.kind === "date" && dateParts(input.value);
  if (parts) input.value = `${String(parts[0]).padStart(2, "0")}/${String(parts[1]).padStart(2, "0")}/${parts[2]}`;
}

function doubtful(card) {
  const input = textInput(card);
  if (!input || !input.value.trim()) return "";
  const n = input.value.length;
  const all = Number(input.dataset.cells);
  if (card.dataset.kind === "digits" && all && n > all) return fill(texts.many, { n, all });
  const parts = card.dataset.kind === "date" && dateParts(input.value);
  if (!parts) return "";
  const day = new Date(parts[2], parts[1] - 1, parts[0]);
  return day.getMonth() === parts[1] - 1 && day.getDate() === parts[0] ? "" : texts.nodate;
}

function whileTyping(card) {
  const input = textInput(card);
  if (!input || card.theirs) return;
  const bare = input.value.replace(/[\s.\-]/g, "");
  let text = "";
  if (card.dataset.kind === "digits" && bare) {
    const all = Number(input.dataset.cells);
    if (/\D/.test(bare)) text = texts.notdigits;
    else if (all) text = fill(texts.digits, { n: bare.length, all });
  } else if (card.dataset.kind === "date" && /[^\d\s/.\-]/.test(input.value)) text = texts.notdate;
  hint(card, text, text === texts.notdigits || text === texts.notdate ? "amber" : "");
  markChips(card);
}

function shared(a, b, at) {
  let n = 0;
  while (n < Math.min(a.length, b.length) && a.at(at(n)) === b.at(at(n))) n += 1;
  return n;
}

// A chip shows only the words that differ from what stands in the input, their differing letters marked.
function markChips(card) {
  const base = textInput(card)?.value.normalize("NFC") ?? "";
  for (const chip of card.querySelectorAll(".chip")) {
    const text = chip.dataset.value;
    const from = shared(text, base, (n) => n);
    const to = Math.min(shared(text, base, (n) => -1 - n), text.length - from, Math.max(base.length - from, 0));
    const start = text.lastIndexOf(" ", from - 1) + 1;
    const space = text.indexOf(" ", text.length - to);
    const end = text === base || space < 0 ? text.length : space;
    const first = text === base ? 0 : start;
    const middle = document.createElement("b");
    middle.textContent = text.slice(from, text.length - to);
    chip.lastElementChild.replaceChildren(text.slice(first, from), middle, text.slice(text.length - to, end));
    chip.title = text;
    chip.setAttribute("aria-label", text);
    chip.setAttribute("aria-pressed", String(text === base));
  }
}

// --- keys ----------------------------------------------------------------------------------------

function take(card, chip) {
  textInput(card).value = chip.dataset.value;
  enter(card);
  whileTyping(card);
}

function withAlt(card, event) {
  const note = event.target.closest?.(".note");
  const digit = event.code.match(/^Digit([1-4])$/);
  if (digit) {
    const chip = card?.querySelectorAll(".chip")[digit[1] - 1];
    if (chip) take(card, chip);
  } else if (event.code === "KeyG" && note) settleNote(note);
  else if (event.code === "KeyG" && card) settle(card);
  else if (event.code === "KeyT" && data.pages) location.assign(data.pages);
  else if (event.code === "PageDown" && papers.length > 1) turnBy(1);
  else if (event.code === "PageUp" && papers.length > 1) turnBy(-1);
  else if (event.code === "KeyL" && card?.theirs) takeTheirs(card);
  else if (["Equal", "NumpadAdd"].includes(event.code)) setZoom(1);
  else if (["Minus", "NumpadSubtract"].includes(event.code)) setZoom(-1);
  else return;
  event.preventDefault();
}

function pick(card, event) {
  const marks = ticks(card);
  if (!marks.includes(event.target) || event.key.length !== 1) return;
  const key = event.key.toLowerCase();
  const mark = marks.find((t) => t.dataset.key === key);
  if (mark?.type === "checkbox") mark.checked = !mark.checked;
  else if (mark) mark.checked = true;
  else if (key === "0") for (const tick of marks) tick.checked = false;
  else return;
  event.preventDefault();
  mark?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return; // Enter and Esc belong to the input method then
  const card = event.target.closest?.(".field") ?? null;
  if (event.key === "F4" && !event.altKey && !event.ctrlKey) {
    event.preventDefault();
    toggleAll();
  } else if (event.altKey && !event.ctrlKey && !event.metaKey) withAlt(card ?? document.querySelector(".field.here"), event);
  else if (event.key === "Enter" && event.target === document.body) enter(document.querySelector(".field.here") ?? cards.find(asks) ?? cards[0]);
  else if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key === "Escape") {
    event.preventDefault();
    save(card, true);
  } else if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    if (event.shiftKey) goBack(card);
    else if (!event.repeat) accept(card);
  } else if (!event.shiftKey) pick(card, event);
});

function toggleAll() {
  showAll = !showAll;
  for (const card of cards) card.open = showAll || asks(card) || changed(card) || card.classList.contains("here");
  document.getElementById("f4").textContent = showAll ? texts.fewer : texts.all;
  const here = document.querySelector(".field.here") ?? cards[0];
  enter(here);
}

function setZoom(step) {
  zoom = Math.min(Math.max(zoom + step, 0), ZOOMS.length - 1);
  for (const paper of papers) paper.style.width = `${ZOOMS[zoom] * 100}%`;
  document.querySelector(".tools output").textContent = `${Math.round(ZOOMS[zoom] * 100)} %`;
  const here = document.querySelector(".field.here");
  if (here) light(here);
}

function setView(view) {
  for (const paper of papers) {
    const picture = paper.querySelector("img");
    if (!picture) continue;
    paper.classList.toggle("raw", view === "page");
    picture.src = picture.dataset[view];
  }
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === view));
  }
}

// --- mouse and the rest --------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const card = event.target.closest(".field");
  if (event.target.matches(".note")) {
    event.preventDefault();
    settleNote(event.target);
    return;
  }
  if (!card) return;
  event.preventDefault();
  if (event.target.matches(".rule")) settle(card);
  else if (event.submitter?.matches(".unreadable")) save(card, true);
  else accept(card);
});

document.addEventListener("click", (event) => {
  const target = event.target;
  const chip = target.closest(".chip");
  if (chip) take(chip.closest(".field"), chip);
  else if (target.closest("[data-zoom]")) setZoom(target.dataset.zoom === "in" ? 1 : -1);
  else if (target.closest(".tools [data-leaf]")) turnTo(target.closest("[data-leaf]").dataset.leaf);
  else if (target.closest("[data-view]")) setView(target.dataset.view);
  else if (target.matches("rect[data-field]")) enter(document.getElementById(`f-${target.dataset.field}`));
});

for (const card of cards) {
  keepInitial(card);
  card.addEventListener("focusin", () => light(card));
  card.addEventListener("input", () => whileTyping(card));
  card.querySelector("summary").addEventListener("click", (event) => {
    if (card.open) return;
    event.preventDefault();
    enter(card);
  });
  markChips(card);
}

window.addEventListener("beforeunload", (event) => {
  if (!leaving && cards.some(changed)) event.preventDefault();
});
window.addEventListener("pagehide", () => {
  navigator.sendBeacon(data.release, new URLSearchParams({ csrf_token: data.csrf }));
});
setInterval(() => send(data.hold, []).catch(() => {}), 60_000);

if (papers.length) turnTo(papers[0].dataset.leaf);
const first = cards.find((card) => `#${card.id}` === location.hash) ?? cards.find(asks);
if (first) enter(first);
else if (notes.querySelector(".note")) enterNote(notes.querySelector(".note"));
if (sessionStorage.getItem("said")) say(sessionStorage.getItem("said"));
sessionStorage.removeItem("said");
document.body.dataset.ready = "1";
