/**
 * Builds elements. Text only ever becomes a text node, so nothing that a message holds can turn into markup.
 * @module dom
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 *
 * `class`, `dataset` and `style` (an object, set through the CSSOM, which a strict content policy allows) are
 * treated specially; `on…` functions become listeners; `true` sets a bare attribute; `null`, `false` and
 * `undefined` set nothing. Everything else is an attribute.
 *
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node|string|number|null|undefined|false|Array<any>)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  apply(element, props);
  element.append(...flat(children));
  return element;
}

/** The same for SVG. @returns {SVGElement} */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  apply(element, props);
  element.append(...flat(children));
  return element;
}

/** Put other children into an element. */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Set the text only when it differs: a live region that is set anew is read anew. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Replace `old` by `fresh` without taking the keyboard's place away: if a control inside `old` had the focus, the
 * control with the same `data-key` in `fresh` gets it.
 */
export function swapKeepingFocus(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.dataset.key;
  old.replaceWith(fresh);
  if (!focused) return;
  const next = key && fresh.querySelector(`[data-key="${CSS.escape(key)}"]`);
  (next || fresh.querySelector("button:not([disabled])") || fresh).focus?.({ preventScroll: true });
}

/**
 * The element that stands where this one stood: itself, or the control of the same key in the same message when the
 * message was drawn anew meanwhile.
 */
export function successor(element) {
  if (!element || element.isConnected) return element;
  const message = element.closest("[data-message-id]")?.dataset.messageId;
  const { key } = element.dataset;
  if (!message || !key) return null;
  return document.querySelector(`[data-message-id="${CSS.escape(message)}"] [data-key="${CSS.escape(key)}"]`);
}

/** The beginning of a long text. Cut here, and not by the style sheet, so that nothing is ever cut by accident. */
export function shorten(text, most) {
  const letters = Array.from(text);
  return letters.length > most ? `${letters.slice(0, most - 1).join("").trimEnd()}…` : text;
}

let counter = 0;
/** A fresh element id. */
export const uid = (prefix = "id") => `${prefix}-${++counter}`;

function apply(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "class") element.setAttribute("class", value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "style") {
      for (const [property, amount] of Object.entries(value)) element.style.setProperty(property, amount);
    } else element.setAttribute(name, value === true ? "" : value);
  }
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}
