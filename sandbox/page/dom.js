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
 * Replace `old` by `fresh` without taking the keyboard's place away: if a control inside `old` had the focus, its
 * heir in `fresh` gets it.
 */
export function swapKeepingFocus(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const next = focused && heir(focused, old, fresh);
  old.replaceWith(fresh);
  next?.focus({ preventScroll: true });
}

/**
 * The control that takes a control's place: the one of the same name, even if its `data-key` is another one, as when
 * a button that turns pages carries the number of the next; else that of the same key, whatever it says now. If it
 * can't be used any more, the nearest one that can.
 */
function heir(focused, old, fresh) {
  if (focused === old) return fresh;
  const keyed = (root) => [...root.querySelectorAll("[data-key]")];
  const name = (control) => control.getAttribute("aria-label") ?? control.textContent;
  const before = keyed(old);
  const after = keyed(fresh);
  const sameKey = (control) => control.dataset.key === focused.dataset.key;
  const sameName = (control) => control.tagName === focused.tagName && name(control) === name(focused);
  const next = after.find((control) => sameKey(control) && sameName(control)) ?? after.find(sameName)
    ?? after.find(sameKey);
  if (next && !next.disabled) return next;
  const at = next ? after.indexOf(next) : before.indexOf(focused);
  const near = (control) => Math.abs(after.indexOf(control) - at);
  const usable = after.filter((control) => !control.disabled);
  const beside = usable.filter((control) => next && control.parentElement === next.parentElement);
  return (beside.length ? beside : usable).sort((one, other) => near(one) - near(other))[0] ?? fresh;
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
