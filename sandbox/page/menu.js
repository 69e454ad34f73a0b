/**
 * Menus: of a message, of a member, of the user switch.
 * @module menu
 */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openPopup, roving } from "./popup.js";

/**
 * @typedef {object} Choice
 * @property {string} label
 * @property {() => void} run
 * @property {string} [icon]
 * @property {Node} [face] instead of an icon
 * @property {string} [detail]
 * @property {boolean} [danger]
 * @property {boolean} [checked] one of several; the chosen one is checked
 */

/**
 * Open a menu beside a button. Enter, a click or Space chooses; Escape leaves.
 *
 * @param {HTMLElement} anchor
 * @param {string} label
 * @param {(Choice|{heading: string}|{note: string})[]} entries
 * @param {{align?: "start"|"end"}} [options]
 */
export function openMenu(anchor, label, entries, { align = "end" } = {}) {
  let close = () => {};
  const items = [];
  const panel = h(
    "div",
    { class: "menu", role: "menu", "aria-label": label, tabindex: -1 },
    entries.map((entry) => {
      if (entry.heading) return h("p", { class: "menu-heading", role: "presentation" }, entry.heading);
      if (entry.note) return h("p", { class: "menu-note", role: "presentation" }, entry.note);
      const choice = entry.checked !== undefined;
      const item = h(
        "button",
        {
          type: "button",
          class: `menu-item${entry.danger ? " danger" : ""}`,
          role: choice ? "menuitemradio" : "menuitem",
          "aria-checked": choice ? String(entry.checked) : null,
          tabindex: -1,
          onClick: () => {
            close();
            entry.run();
          },
        },
        entry.face ?? (entry.icon ? icon(entry.icon) : null),
        h(
          "span",
          { class: "menu-text" },
          h("span", {}, entry.label),
          entry.detail ? h("span", { class: "menu-detail" }, entry.detail) : null,
        ),
        entry.checked ? icon("check", "menu-check") : null,
      );
      items.push(item);
      return item;
    }),
  );
  roving(panel, () => items);
  panel.addEventListener("keydown", (event) => event.key === "Tab" && close());
  anchor.setAttribute("aria-expanded", "true");
  close = openPopup(anchor, panel, { align, onClose: () => anchor.setAttribute("aria-expanded", "false") });
  (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0] ?? panel).focus();
}
