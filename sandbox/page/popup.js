/**
 * Dialogs, and popups beside a control: menus and lists. A popup is in the browser's top layer, so no scroll container cuts it,
 * and the browser closes it on Escape and on a click outside.
 */
import { current, h, part } from "./dom.js";
import { icon } from "./icons.js";

const MARGIN = 8; // px kept free at the edges of the viewport

/** Show a modal dialog; when it closes, it is removed, and the focus goes back. @param {HTMLDialogElement} dialog */
export function openDialog(dialog) {
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    (current(opener) ?? part("composer-input")).focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** @typedef {{label: string, run: () => void, face: Node, detail?: string, danger?: boolean, checked?: boolean}} Choice */

/**
 * Open a menu beside a button. Enter, Space or a click chooses; Escape closes.
 * @param {HTMLElement} anchor
 * @param {string} label
 * @param {(Choice | {heading: string} | {note: string})[]} entries
 * @param {"start" | "end"} [align]
 */
export function openMenu(anchor, label, entries, align = "end") {
  const rows = entries.map((entry) => {
    if ("heading" in entry) return h("p.menu-heading", { role: "presentation" }, entry.heading);
    if ("note" in entry) return h("p.menu-note", { role: "presentation" }, entry.note);
    const onClick = () => {
      close();
      entry.run();
    };
    return drawItem(entry, onClick);
  });
  const items = rows.filter((row) => row.matches("button"));
  const panel = h("div.menu", { role: "menu", "aria-label": label, tabindex: -1 }, rows);
  const close = openPopup(anchor, panel, () => items, { align });
  (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0] ?? panel).focus();
}

function drawItem(/** @type {Choice} */ { label, face, detail, danger, checked }, onClick) {
  const radio = checked !== undefined; // one of several; the current one is checked
  const role = { role: radio ? "menuitemradio" : "menuitem", "aria-checked": radio ? String(checked) : null };
  const text = h("span.menu-text", h("span", label), detail && h("span.menu-detail", detail));
  const attributes = { class: danger && "danger", ...role, tabindex: -1, onClick };
  return h("button.menu-item", attributes, face, text, checked && icon("check", "menu-check"));
}

/**
 * Open `panel` beside `anchor`; when it closes, the anchor gets the focus back. Keys move among `items()`; Tab closes.
 * @param {HTMLElement} anchor
 * @param {HTMLElement} panel
 * @param {() => HTMLElement[]} items
 * @param {{align?: "start" | "end", matchWidth?: boolean, onClose?: () => void}} options
 * @returns {() => void} closes it
 */
export function openPopup(anchor, panel, items, { align = "start", matchWidth = false, onClose }) {
  panel.setAttribute("popover", "auto");
  panel.classList.add("popup");
  (anchor.closest("dialog, main, aside") ?? document.body).append(panel); // in its landmark; a dialog makes all else inert
  panel.showPopover();
  if (matchWidth) panel.style.setProperty("min-width", `${anchor.offsetWidth}px`);
  place(anchor, panel, align);
  anchor.setAttribute("aria-expanded", "true");

  const close = () => panel.isConnected && panel.hidePopover();
  const follow = () => (anchor.isConnected ? place(anchor, panel, align) : panel.hidePopover());
  const onScroll = (event) => panel.contains(event.target) || follow();
  window.addEventListener("resize", follow);
  document.addEventListener("scroll", onScroll, true);
  panel.addEventListener("keydown", (event) => (event.key === "Tab" ? close() : moveFocus(event, items())));
  panel.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    window.removeEventListener("resize", follow);
    document.removeEventListener("scroll", onScroll, true);
    const hadFocus = panel.contains(document.activeElement) || document.activeElement === document.body;
    panel.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (hadFocus) current(anchor)?.focus();
    onClose?.();
  });
  return close;
}

function place(anchor, panel, align) {
  const box = anchor.getBoundingClientRect();
  const below = window.innerHeight - box.bottom - MARGIN * 2;
  const above = box.top - MARGIN * 2;
  const upward = below < Math.min(panel.scrollHeight, 240) && above > below;
  panel.style.setProperty("max-height", `${Math.max(upward ? above : below, 120)}px`);
  const { offsetWidth: width, offsetHeight: height } = panel;
  const left = align === "end" ? box.right - width : box.left;
  panel.style.setProperty("left", `${Math.max(MARGIN, Math.min(left, window.innerWidth - width - MARGIN))}px`);
  panel.style.setProperty("top", `${upward ? Math.max(MARGIN, box.top - height - 4) : box.bottom + 4}px`);
}

/** Move the focus among items with the arrow keys, Home, End and first letters. */
function moveFocus(event, items) {
  const focused = /** @type {HTMLElement} */ (document.activeElement);
  const index = items.indexOf(focused);
  const last = items.length - 1;
  const steps = { ArrowDown: index + 1, ArrowUp: index < 0 ? last : index - 1, Home: 0, End: last };
  const isLetter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey;
  let target = event.key in steps ? items[(steps[event.key] + items.length) % items.length] : null;
  if (!target && isLetter && !focused.matches("input")) {
    const letter = event.key.toLowerCase();
    const next = [...items.slice(index + 1), ...items.slice(0, index + 1)];
    target = next.find((item) => item.textContent.trim().toLowerCase().startsWith(letter));
  }
  if (!target) return;
  event.preventDefault();
  target.focus();
}
