/**
 * Something small that opens beside a control: menus and lists. It lies in the browser's top layer, so no scroll
 * container cuts it, and the browser itself closes it on Escape and on a click outside.
 * @module popup
 */
import { successor } from "./dom.js";

const MARGIN = 8; // px kept free round the viewport's edge

/**
 * Open `panel` beside `anchor`.
 *
 * @param {HTMLElement} anchor gets the focus back
 * @param {HTMLElement} panel
 * @param {{align?: "start"|"end", matchWidth?: boolean, onClose?: Function}} [options]
 * @returns {Function} closes it
 */
export function openPopup(anchor, panel, { align = "start", matchWidth = false, onClose } = {}) {
  panel.setAttribute("popover", "auto");
  panel.classList.add("popup");
  (anchor.closest("dialog") ?? document.body).append(panel); // outside an open dialog everything is inert
  panel.showPopover();
  if (matchWidth) panel.style.setProperty("min-width", `${anchor.offsetWidth}px`);
  place(anchor, panel, align);

  const follow = () => (anchor.isConnected ? place(anchor, panel, align) : panel.hidePopover());
  const moved = (event) => !panel.contains(event.target) && follow();
  window.addEventListener("resize", follow);
  document.addEventListener("scroll", moved, true);
  panel.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    window.removeEventListener("resize", follow);
    document.removeEventListener("scroll", moved, true);
    const hadFocus = panel.contains(document.activeElement) || document.activeElement === document.body;
    panel.remove();
    if (hadFocus) successor(anchor)?.focus();
    onClose?.();
  });
  return () => panel.isConnected && panel.hidePopover();
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

/**
 * Let the arrow keys, Home, End and first letters move the focus among `items()`.
 * @param {HTMLElement} container
 * @param {() => HTMLElement[]} items
 */
export function roving(container, items) {
  container.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const last = all.length - 1;
    const step = { ArrowDown: at + 1, ArrowUp: at < 0 ? last : at - 1, Home: 0, End: last }[event.key];
    let target = step === undefined ? null : all[(step + all.length) % all.length];
    const letter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey;
    if (!target && letter && !document.activeElement?.matches("input")) {
      const wanted = event.key.toLowerCase();
      target = [...all.slice(at + 1), ...all.slice(0, at + 1)].find(
        (item) => item.textContent.trim().toLowerCase().startsWith(wanted),
      );
    }
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
}
