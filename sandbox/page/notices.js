/**
 * Short words to the reader: toasts that can be seen, announcements that can only be heard.
 * @module notices
 */
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";

const TOAST_STAYS = 6000; // ms

export class Notices {
  /** @param {HTMLElement} toasts @param {HTMLElement} live a polite live region */
  constructor(toasts, live) {
    this.toasts = toasts;
    this.live = live;
  }

  /** Show a passing word. It waits while the pointer or the focus is on it. @param {"error"|"info"} kind */
  toast(text, kind = "error") {
    let timer = 0;
    const leave = () => toast.remove();
    const toast = h(
      "div",
      { class: `toast ${kind}`, role: kind === "error" ? "alert" : "status", dataset: { testid: "toast" } },
      icon(kind === "error" ? "warning" : "check"),
      h("p", {}, text),
      h(
        "button",
        { type: "button", class: "round small", "aria-label": "Dismiss this notice", onClick: leave },
        icon("close"),
      ),
    );
    const start = () => {
      timer = setTimeout(leave, TOAST_STAYS);
    };
    const hold = () => clearTimeout(timer);
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, hold);
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
    this.toasts.append(toast);
    while (this.toasts.children.length > 3) this.toasts.firstChild.remove();
    start();
  }

  /** Say something to those who listen. Old words are taken out, or the region would grow for ever. */
  announce(text) {
    this.live.append(h("p", {}, text));
    while (this.live.children.length > 5) this.live.firstChild.remove();
  }

  /** Forget what was said, when another channel opens. */
  quiet() {
    fill(this.live);
  }
}
