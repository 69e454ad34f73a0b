/**
 * Popups beside a control: menus and lists. A popup is in the browser's top layer, so no scroll container cuts it,
 * and the browser closes it on Escape and on a click outside.
 * @module popup
 */
import { current } from "./dom.js";

const MARGIN = 8; // px kept free at the edges of the viewport

/**
 * Open `panel` beside `anchor`; when it closes, the anchor gets the focus back.
 *
 * @param {HTMLElement} anchor
 * @param {HTMLElement} panel
 * @param {{align?: "start" | "end", matchWidth?: boolean, onClose?: () => void}} options
 * @returns {() => void} closes it
 */
export function openPopup(anchor, panel, { align = "start", matchWidth = false, onClose }) {
  panel.setAttribute("popover", "auto");
  panel.classList.add("popup");
  (anchor.closest("dialog") ?? document.body).append(panel); // outside an open dialog everything is inert
  panel.showPopover();
  if (matchWidth) panel.style.setProperty("min-width", `${anchor.offsetWidth}px`);
  place(anchor, panel, align);
  anchor.setAttribute("aria-expanded", "true");

  const follow = () => (anchor.isConnected ? place(anchor, panel, align) : panel.hidePopover());
  const onScroll = (/** @type {Event} */ event) => {
    if (!panel.contains(/** @type {Node} */ (event.target))) follow();
  };
  window.addEventListener("resize", follow);
  document.addEventListener("scroll", onScroll, true);
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
  return () => panel.isConnected && panel.hidePopover();
}

/** @param {HTMLElement} anchor @param {HTMLElement} panel @param {"start" | "end"} align */
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
 * Move the focus among `items()` with the arrow keys, Home, End and first letters.
 * @param {HTMLElement} container
 * @param {() => HTMLElement[]} items
 */
export function moveFocusByKeys(container, items) {
  container.addEventListener("keydown", (event) => {
    const all = items();
    const focused = /** @type {HTMLElement} */ (document.activeElement);
    const index = all.indexOf(focused);
    const last = all.length - 1;
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: index + 1, ArrowUp: index < 0 ? last : index - 1, Home: 0, End: last };
    const isLetter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey;
    let target = event.key in steps ? all[(steps[event.key] + all.length) % all.length] : null;
    if (!target && isLetter && !focused.matches("input")) {
      const letter = event.key.toLowerCase();
      const next = [...all.slice(index + 1), ...all.slice(0, index + 1)];
      target = next.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter)) ?? null;
    }
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
}
