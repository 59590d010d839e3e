// "Try now": one filled sheet is read with the form as it stands; its page is painted, never kept.

export function createTry(app, { make }) {
  const texts = app.data.texts;
  const form = document.getElementById("attempt");
  const list = document.getElementById("readings");
  const canvas = document.querySelector(".paper canvas");
  const blank = document.querySelector(".paper img");
  const svg = document.querySelector(".paper svg");
  let found = null;

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
    found = answer.body;
    await paint();
  });

  async function paint() {
    if (found.picture) {
      const bytes = Uint8Array.from(atob(found.picture), (c) => c.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
      canvas.width = picture.width;
      canvas.height = picture.height;
      canvas.getContext("2d").drawImage(picture, 0, 0);
    }
    show(true);
    list.replaceChildren(
      ...(found.message ? [make("p", { class: "hint wrong" }, found.message)] : []),
      ...found.issues.map((issue) => make("p", { class: "hint amber" }, issue)),
      ...found.readings.map(reading),
    );
    app.sheet.render();
  }

  function reading(read) {
    const at = app.form.fields.findIndex((f) => f.id === read.field);
    const choose = () => {
      app.select(at, null);
      app.sheet.reveal();
    };
    const value = read.value ? make("b", {}, read.value) : make("i", { class: "mut" }, texts.empty);
    const row = make("button", { type: "button", class: `reading${read.review ? " asks" : ""}`, "data-field": read.field, onclick: choose });
    row.append(make("span", {}, read.label), value, make("span", { class: "mut" }, read.review ? "" : texts.sure.replace("{n}", read.sure)));
    if (read.reason) row.append(make("small", {}, read.reason));
    return row;
  }

  /** Show the page that was read, or the blank again. */
  function show(on) {
    const page = on && found?.picture;
    canvas.hidden = !page;
    blank.hidden = Boolean(page);
    svg.classList.toggle("away", Boolean(page) && !found.placed);
  }

  /** Must a person look at what was read here? */
  function asks(field) {
    return Boolean(found?.readings.find((r) => r.field === field.id)?.review);
  }

  function light() {
    const field = app.form.fields[app.selected.field];
    for (const row of list.querySelectorAll(".reading")) row.classList.toggle("on", row.dataset.field === field?.id);
    list.querySelector(".reading.on")?.scrollIntoView({ block: "nearest" });
  }

  return { show, asks, light };
}
