/** Element builders. Text only ever becomes a text node, so nothing in a message can turn into markup. */

/** The element of index.html with this id. @type {(id: string) => any} */
export const part = (id) => document.getElementById(id);

/**
 * Make an element from a tag with its classes, such as `"p.note.quiet"`.
 *
 * A plain object in second place holds attributes. Some are special: `class` adds a class or a list of them, `key` and
 * `testid` set `data-key` and `data-testid`, `dataset` and `style` are objects (styles are set through the CSSOM, which
 * a strict content policy allows), `on…` functions become listeners, `true` sets a bare attribute, and `null`,
 * `undefined` and `false` set nothing. Children that are booleans, `null`, `undefined` or "" are left out.
 *
 * @template {string} Selector
 * @param {Selector} selector
 * @param {Props | Child} [props]
 * @param {...Child} children
 * @returns {ElementOf<Selector>}
 */
export function h(selector, props, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag);
  if (element instanceof HTMLButtonElement) element.type = "button";
  return build(element, classes, props, children);
}

/** Make an SVG element, as {@link h} does. @param {string} selector @param {Props} props @param {...Child} children */
export function svg(selector, props, ...children) {
  const [tag, ...classes] = selector.split(".");
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), classes, props, children);
}

function build(element, classes, props, children) {
  const isProps = typeof props === "object" && props !== null && !(props instanceof Node) && !Array.isArray(props);
  const { class: more, ...attributes } = isProps ? props : {};
  const names = [...classes, more].flat().filter(Boolean).join(" ");
  if (names) element.setAttribute("class", names);
  for (const [name, value] of Object.entries(attributes)) setProp(element, name, value);
  return fill(element, isProps ? null : props, children);
}

function setProp(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "key" || name === "testid") element.dataset[name] = value;
  else if (name === "dataset") Object.assign(element.dataset, value);
  else if (name === "style") for (const each of Object.entries(value)) element.style.setProperty(...each);
  else if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
  else element.setAttribute(name, value === true ? "" : value);
}

/** Replace the children of an element. @template {Element} T @param {T} element @param {...Child} children */
export function fill(element, ...children) {
  const nodes = /** @type {any[]} */ (children)
    .flat(Number.POSITIVE_INFINITY)
    .filter((child) => child !== null && child !== undefined && child !== "" && typeof child !== "boolean");
  element.replaceChildren(...nodes);
  return element;
}

/** Replace the children; the focus moves to the new control with the same key. @type {typeof fill} */
export function refill(element, ...children) {
  const focused = document.activeElement;
  const key = focused instanceof HTMLElement && element.contains(focused) && focused.dataset.key;
  fill(element, ...children);
  if (key) controlByKey(element, key)?.focus();
  return element;
}

const controlByKey = (root, key) => root.querySelector(`[data-key="${CSS.escape(key)}"]`);

/** Set the text only when it differs: a screen reader reads a live region again each time that it is set. */
export function setText(/** @type {Element} */ element, /** @type {string} */ text) {
  if (element.textContent !== text) element.textContent = text;
}

const drawn = new WeakMap();
/** Whether an element was not drawn yet for this value. @param {Element} element @param {unknown} value as JSON */
export function isNew(element, value) {
  const json = JSON.stringify(value);
  const changed = drawn.get(element) !== json;
  drawn.set(element, json);
  return changed;
}

/** Replace `old` by `fresh`; if a control inside `old` has the focus, the matching control in `fresh` gets it. */
export function replaceKeepingFocus(/** @type {HTMLElement} */ old, /** @type {HTMLElement} */ fresh) {
  const focused = document.activeElement;
  const next = old.contains(focused) && matchingControl(focused, old, fresh);
  old.replaceWith(fresh);
  if (next) next.focus({ preventScroll: true });
}

/**
 * The control that replaces a control: the one with the same name, even if the key differs, as on a button for the
 * next page; else the one with the same key. If that one is disabled, the nearest enabled control.
 */
function matchingControl(focused, old, fresh) {
  if (focused === old) return fresh;
  const name = (control) => control.getAttribute("aria-label") ?? control.textContent;
  const controls = [...fresh.querySelectorAll("[data-key]")];
  const sameKey = controls.filter((control) => control.dataset.key === focused.dataset.key);
  const sameName = controls.filter((control) => control.tagName === focused.tagName && name(control) === name(focused));
  const next = sameKey.find((control) => sameName.includes(control)) ?? sameName[0] ?? sameKey[0];
  if (next && !next.disabled) return next;
  const index = next ? controls.indexOf(next) : [...old.querySelectorAll("[data-key]")].indexOf(focused);
  const distance = (control) => Math.abs(controls.indexOf(control) - index);
  const enabled = controls.filter((control) => !control.disabled);
  const siblings = enabled.filter((control) => control.parentElement === next?.parentElement);
  return (siblings.length ? siblings : enabled).sort((a, b) => distance(a) - distance(b))[0] ?? fresh;
}

/**
 * The element as it is in the document now: itself, or the control with the same key in the same message if the
 * message was drawn again.
 */
export function current(/** @type {any} */ element) {
  if (!element || element.isConnected) return element;
  const id = element.closest("[data-message-id]")?.dataset.messageId;
  const redrawn = id && document.querySelector(`[data-message-id="${CSS.escape(id)}"]`);
  return redrawn && element.dataset.key ? controlByKey(redrawn, element.dataset.key) : null;
}

/**
 * The beginning of a long text, at most `limit` characters. It is cut here, not by the style sheet, so that a test can
 * tell a cut text from a layout fault.
 */
export function shorten(/** @type {string} */ text, /** @type {number} */ limit) {
  const letters = Array.from(text);
  if (letters.length <= limit) return text;
  const start = letters.slice(0, limit - 1).join("");
  return `${start.trimEnd()}…`;
}

let lastId = 0;
/** A new element id. */
export const uid = (prefix = "id") => `${prefix}-${++lastId}`;
