// The pages of a form: turning to one, and changing which there are. The server keeps what is changed as a draft.

export function createPages(app, model, { make }) {
  const texts = app.data.texts;
  const pages = app.data.pages;
  const tabs = document.getElementById("pages");
  const list = document.getElementById("page-list");
  const picture = document.querySelector(".paper img");
  const svg = document.querySelector(".paper svg");
  const scroller = document.querySelector(".scroller");
  let asked = 0; // the page whose removal is being asked about
  let busy = false;

  function named(n) {
    return texts.page.replace("{n}", n);
  }

  /** Show one page; a field that stands on another is no longer chosen. */
  function turn(n) {
    if (n < 1 || n > pages.length || n === app.page) return;
    app.page = n;
    const field = app.form.fields[app.selected.field];
    if (field && model.pageOf(field) !== n) app.selected = { field: -1, part: null };
    scroller.scrollTo(0, 0);
    show();
  }

  function show() {
    const { sheet, blank } = pages[app.page - 1];
    const address = new URL(blank, location.href).href;
    if (picture.src !== address) picture.src = address;
    [picture.width, picture.height] = sheet.map((side) => Math.round(side * 10));
    svg.setAttribute("viewBox", `0 0 ${sheet[0]} ${sheet[1]}`);
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(Number(tab.dataset.page) === app.page));
  }

  // --- which pages there are ---------------------------------------------------------------------

  function paintList() {
    if (!list) return;
    list.replaceChildren(...pages.map((page, i) => (asked === i + 1 ? question(i + 1) : row(page, i + 1))));
  }

  function fieldsOn(n) {
    return app.form.fields.filter((field) => model.pageOf(field) === n).length;
  }

  function row({ sheet }, n) {
    const about = `${sheet.join(" × ")} mm, ${texts.fields.replace("{n}", fieldsOn(n))}`;
    const name = make("button", { type: "button", class: "plain", onclick: () => app.turn(n) }, named(n));
    if (!app.data.ready) return make("li", {}, name, make("span", { class: "mut" }, about));
    const remove = make("button", { type: "button", class: "settle", "aria-label": `${named(n)}: ${texts.remove_page}`, onclick: () => ask(n) }, texts.remove_page);
    const other = make("button", { type: "button", class: "settle", "aria-label": `${named(n)}: ${texts.new_blank}`, onclick: () => choose((file) => post(app.data.urls.blank.replace("/0/", `/${n}/`), file)) }, texts.new_blank);
    return make("li", {}, name, make("span", { class: "mut" }, about), make("span", { class: "row" }, other, pages.length > 1 ? remove : ""));
  }

  function ask(n) {
    asked = n;
    paintList();
    list.querySelector("button.keep")?.focus();
  }

  function question(n) {
    const said = texts.ask_remove.replace("{n}", n).replace("{m}", fieldsOn(n));
    const yes = make("button", { type: "button", class: "settle", onclick: () => post(app.data.urls.remove.replace("/0/", `/${n}/`)) }, texts.remove_page);
    const no = make("button", { type: "button", class: "settle keep", onclick: () => ask(0) }, texts.keep_page);
    return make("li", { class: "asked", role: "alert" }, make("span", {}, said), make("span", { class: "row" }, no, yes));
  }

  function choose(then) {
    const input = make("input", { type: "file", accept: ".pdf,.png,.jpg,.jpeg" });
    input.addEventListener("change", () => input.files[0] && then(input.files[0]));
    input.click();
  }

  /** The form as it stands goes along, and comes back as a draft with other pages. */
  async function post(url, file = null) {
    if (busy) return;
    busy = true;
    app.say(texts.changing);
    const body = new FormData();
    body.append("form", JSON.stringify(app.form));
    body.append("seen", app.data.seen);
    if (file) body.append("blank", file);
    const answer = await app.send(url, body);
    busy = false;
    if (!answer.ok) return app.say(answer.status === 409 ? texts.conflict : (answer.message ?? texts.failed), "wrong");
    app.leave(answer.body.next);
  }

  document.getElementById("add-page")?.addEventListener("click", () => choose((file) => post(app.data.urls.add, file)));
  tabs.replaceChildren(...pages.map((_, i) => make("button", { type: "button", "data-page": i + 1, "aria-pressed": "false", title: named(i + 1), "aria-label": named(i + 1) }, String(i + 1))));
  tabs.hidden = pages.length < 2;
  tabs.addEventListener("click", (event) => event.target.dataset.page && app.turn(Number(event.target.dataset.page)));
  const wished = Number(new URLSearchParams(location.search).get("page"));
  if (wished >= 1 && wished <= pages.length) app.page = wished;

  return { turn, show, paintList, named };
}
