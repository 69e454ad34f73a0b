/**
 * Menus: of a message, of a member, of the user switch.
 * @module menu
 */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { moveFocusByKeys, openPopup } from "./popup.js";

/**
 * @typedef {object} Choice
 * @property {string} label
 * @property {() => void} run
 * @property {Node} face an icon or an avatar
 * @property {string} [detail]
 * @property {boolean} [danger]
 * @property {boolean} [checked] one of several; the current one is checked
 */

/**
 * Open a menu beside a button. Enter, Space or a click chooses; Escape closes.
 *
 * @param {HTMLElement} anchor
 * @param {string} label
 * @param {(Choice | {heading: string} | {note: string})[]} entries
 * @param {"start" | "end"} [align]
 */
export function openMenu(anchor, label, entries, align = "end") {
  /** @type {HTMLElement[]} */
  const items = [];
  const panel = h(
    "div.menu",
    { role: "menu", "aria-label": label, tabindex: -1 },
    entries.map((entry) => {
      if ("heading" in entry) return h("p.menu-heading", { role: "presentation" }, entry.heading);
      if ("note" in entry) return h("p.menu-note", { role: "presentation" }, entry.note);
      const item = drawItem(entry, () => {
        close();
        entry.run();
      });
      items.push(item);
      return item;
    }),
  );
  moveFocusByKeys(panel, () => items);
  panel.addEventListener("keydown", (event) => event.key === "Tab" && close());
  const close = openPopup(anchor, panel, { align });
  (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0] ?? panel).focus();
}

/** @param {Choice} choice @param {() => void} onClick */
function drawItem({ label, face, detail, danger, checked }, onClick) {
  return h(
    "button.menu-item",
    {
      class: danger && "danger",
      role: checked === undefined ? "menuitem" : "menuitemradio",
      "aria-checked": checked === undefined ? null : String(checked),
      tabindex: -1,
      onClick,
    },
    face,
    h("span.menu-text", h("span", label), detail && h("span.menu-detail", detail)),
    checked && icon("check", "menu-check"),
  );
}
