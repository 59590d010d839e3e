// "Try now": the pages of one file are read with the form as it stands; they are painted, never kept.

export function createTry(app, { make }) {
  const texts = app.data.texts;
  const form = document.getElementById("attempt");
  const list = document.getElementById("readings");
  const canvas = document.querySelector(".paper canvas");
  const blank = document.querySelector(".paper img");
  const svg = document.querySelector(".paper svg");
  let found = [];
  let shown = null; // the sheet that is painted; null: the blank

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new FormData();
    body.append("form", JSON.stringify(app.form));
    body.append("sheet", form.elements.sheet.files[0]);
    const button = form.querySelector("button");
    button.disabled = true;
    app.say(texts.reading);
    const answer = await app.send(app.data.urls.attempt, body);
    button.disabled = false;
    if (!answer.ok) return app.say(answer.message ?? texts.unread, "wrong");
    app.say("");
    found = answer.body.pages;
    list.replaceChildren(...found.flatMap(block));
    await look(found[0]);
  });

  /** Show one sheet, and the page of the form that it is. */
  async function look(sheet) {
    shown = sheet;
    if (sheet?.page) app.pages.turn(sheet.page);
    if (sheet?.picture) await paint(sheet.picture);
    show(true);
    app.sheet.render();
    light();
  }

  async function paint(picture) {
    const bytes = Uint8Array.from(atob(picture), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  }

  function block(sheet) {
    return [
      ...(found.length > 1 || app.data.pages.length > 1 ? [heading(sheet)] : []),
      ...(sheet.message ? [make("p", { class: "hint wrong" }, sheet.message)] : []),
      ...sheet.issues.map((issue) => make("p", { class: "hint amber" }, issue)),
      ...sheet.readings.map((read) => reading(sheet, read)),
    ];
  }

  function heading(sheet) {
    const said = sheet.page ? texts.is_page.replace("{n}", sheet.page) : texts.is_none;
    return make("button", { type: "button", class: "tried", "data-sheet": sheet.number, onclick: () => look(sheet) }, `${texts.sheet_page.replace("{n}", sheet.number)} `, make("span", { class: sheet.page ? "mut" : "amber" }, said));
  }

  function reading(sheet, read) {
    const choose = async () => {
      if (shown !== sheet) await look(sheet);
      app.select(app.form.fields.findIndex((f) => f.id === read.field), null);
      app.sheet.reveal();
    };
    const value = read.value ? make("b", {}, read.value) : make("i", { class: "mut" }, texts.empty);
    const row = make("button", { type: "button", class: `reading${read.review ? " asks" : ""}`, "data-field": read.field, "data-sheet": sheet.number, onclick: choose });
    row.append(make("span", {}, read.label), value, make("span", { class: "mut" }, read.review ? "" : texts.sure.replace("{n}", read.sure)));
    if (read.reason) row.append(make("small", {}, read.reason));
    return row;
  }

  /** Show the sheet that was read, or the blank again. */
  function show(on) {
    const page = on && app.mode === "try" && Boolean(shown?.picture);
    canvas.hidden = !page;
    blank.hidden = page;
    svg.classList.toggle("away", page && !shown.page);
  }

  /** Another page of the form was turned to: the first sheet that is it, or its blank. */
  function turned() {
    if (app.mode !== "try" || shown?.page === app.page) return;
    look(found.find((sheet) => sheet.page === app.page) ?? null);
  }

  /** Must a person look at what was read here? */
  function asks(field) {
    return Boolean(shown?.readings.find((r) => r.field === field.id)?.review);
  }

  function light() {
    const field = app.form.fields[app.selected.field];
    const number = String(shown?.number);
    for (const head of list.querySelectorAll(".tried")) head.setAttribute("aria-pressed", String(head.dataset.sheet === number));
    for (const row of list.querySelectorAll(".reading")) row.classList.toggle("on", row.dataset.field === field?.id && row.dataset.sheet === number);
    list.querySelector(".reading.on")?.scrollIntoView({ block: "nearest" });
  }

  return { show, asks, light, turned };
}
