// What every page's script asks of its document: elements of a known type, and the data that the server wrote into it.

/**
 * @template {Element} T
 * @param {Element | null} element
 * @param {new () => T} type
 * @param {string} name
 * @returns {T}
 */
function expected(element, type, name) {
  if (element instanceof type) return element;
  throw new Error(`The page has no ${type.name} ${name}.`);
}

/**
 * The element of that id. Throws where there is none, or one of another type.
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 */
export function byId(id, type) {
  return expected(document.getElementById(id), type, `#${id}`);
}

/**
 * The first element that matches. Throws where there is none, or one of another type.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} within
 */
export function find(selector, type, within = document) {
  return expected(within.querySelector(selector), type, selector);
}

/**
 * All elements of a type that match.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} within
 * @returns {T[]}
 */
export function findAll(selector, type, within = document) {
  return /** @type {T[]} */ ([...within.querySelectorAll(selector)].filter((element) => element instanceof type));
}

/**
 * The element that an event happened in, or the nearest around it that matches.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function around(event, selector) {
  const found = event.target instanceof Element ? event.target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}

/** The data of this page; each page's script says what is in it. */
export function pageData() {
  return JSON.parse(byId("page-data", HTMLScriptElement).text);
}

/**
 * Go to an address that the server gave. Throws where it gave none: the browser would go to "undefined".
 * @param {string | undefined} address
 */
export function goTo(address) {
  if (!address) throw new Error("The answer holds no address.");
  location.assign(address);
}

/** Tell tests and style sheets that the script has begun its work. */
export function markReady() {
  document.body.dataset.ready = "1";
}

/**
 * A line that says what just happened.
 * @param {HTMLElement} line
 * @returns {(text: string, kind?: "" | "wrong" | "amber") => void}
 */
export function createStatus(line) {
  return (text, kind = "") => {
    line.textContent = text;
    line.className = kind;
  };
}
