/**
 * Dark or light theme: the system's choice until the user chooses here.
 * @module theme
 */
import { fill } from "./dom.js";
import { icon } from "./icons.js";

const KEY = "imagine-sandbox-theme";

/** Make a button switch the theme. @param {HTMLElement} button */
export function themeSwitch(button) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => {
    fill(button, icon(isDark() ? "sun" : "moon"));
    button.setAttribute("aria-label", isDark() ? "Use the light theme" : "Use the dark theme");
  };
  try {
    const saved = localStorage.getItem(KEY);
    if (saved) root.dataset.theme = saved;
  } catch {
    // Storage may be forbidden; the choice then lasts until the page is closed.
  }
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(KEY, root.dataset.theme);
    } catch {
      // As above.
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}
