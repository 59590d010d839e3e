// Making the designer's elements.

/** @typedef {Node | string} Child */

/**
 * An element with attributes, listeners (on…) and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, any>} attributes
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") Object.assign(element, { [key]: value });
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** @param {string} text @param {Child} control @param {string} more classes */
export function labelled(text, control, more = "") {
  return make("label", { class: `line ${more}` }, text, control);
}

/**
 * @param {Record<string, string>} options texts by value
 * @param {string | undefined} chosen
 * @param {(value: string) => void} onvalue
 * @param {string | null} none text of an empty first option; null: there is none
 */
export function select(options, chosen, onvalue, none = null) {
  const items = Object.entries(options).map(([value, text]) =>
    make("option", { value, selected: value === chosen }, text),
  );
  if (none !== null) items.unshift(make("option", { value: "", selected: !chosen }, none));
  const made = make("select", {}, ...items);
  made.addEventListener("change", () => onvalue(made.value));
  return made;
}

/**
 * An input for text.
 * @param {string | undefined} value
 * @param {(value: string) => void} onvalue
 * @param {Record<string, any>} more
 */
export function textInput(value, onvalue, more = {}) {
  const own = { value: value ?? "", autocomplete: "off", spellcheck: false, maxLength: 200 };
  const made = make("input", { ...own, ...more });
  made.addEventListener("input", () => onvalue(made.value));
  return made;
}

/**
 * An input for a number.
 * @param {number} value
 * @param {(value: number) => void} onvalue
 * @param {Record<string, any>} more
 */
export function numberInput(value, onvalue, more = {}) {
  const own = { type: "number", step: "0.1", min: "0", value: String(Math.round(value * 100) / 100) };
  const made = make("input", { ...own, ...more });
  made.addEventListener("change", () => {
    if (Number.isFinite(made.valueAsNumber)) onvalue(made.valueAsNumber);
  });
  return made;
}

/** @param {string} label @param {(event: Event) => void} onclick @param {Record<string, any>} more */
export function button(label, onclick, more = {}) {
  return make("button", { type: "button", onclick, ...more }, label);
}

/**
 * Checkboxes of which several may be chosen.
 * @param {Record<string, string>} choices texts by value
 * @param {(string | number)[]} chosen
 * @param {(values: string[]) => void} onvalue
 */
export function checkboxes(choices, chosen, onvalue) {
  const inputs = Object.keys(choices).map((value) =>
    make("input", { type: "checkbox", value, checked: chosen.includes(value) }),
  );
  const labels = inputs.map((input) => make("label", { class: "choice" }, input, make("i", {}, choices[input.value])));
  const group = make("div", { class: "several" }, ...labels);
  group.addEventListener("change", () => onvalue(inputs.filter((input) => input.checked).map((input) => input.value)));
  return group;
}
