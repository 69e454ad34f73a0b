/** Short notices: toasts for the eye, announcements for screen readers. */
import { fill, h } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { say } from "./words.js";

const TOAST_DURATION = 6000; // ms
const MAX_TOASTS = 3;
const MAX_ANNOUNCEMENTS = 5;

export class Notices {
  /** @param {HTMLElement} toasts @param {HTMLElement} live a polite live region */
  constructor(toasts, live) {
    this.toasts = toasts;
    this.live = live;
  }

  /** Show a passing notice. It stays while the pointer or the focus is on it. @param {string} text */
  toast(text, /** @type {"error" | "info"} */ kind = "error") {
    let timer = 0;
    const toast = h(
      "div.toast",
      { class: kind, role: kind === "error" ? "alert" : "status", testid: "toast" },
      icon(kind === "error" ? "warning" : "check"),
      h("p", text),
      iconButton("close", say("Dismiss this notice"), { class: "small", onClick: () => toast.remove() }),
    );
    const start = () => (timer = setTimeout(() => toast.remove(), TOAST_DURATION));
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, () => clearTimeout(timer));
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
    append(this.toasts, toast, MAX_TOASTS);
    start();
  }

  /** Announce a text to screen readers. @param {string} text */
  announce(text) {
    append(this.live, h("p", text), MAX_ANNOUNCEMENTS);
  }

  /** Remove all announcements, when another channel opens. */
  clearAnnouncements() {
    fill(this.live);
  }
}

function append(box, item, limit) {
  box.append(item);
  while (box.childElementCount > limit) box.firstElementChild?.remove();
}
