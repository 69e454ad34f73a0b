/**
 * Dark or light: the system's choice until somebody chooses here.
 * @module theme
 */
import { fill } from "./dom.js";
import { icon } from "./icons.js";

const KEY = "imagine-sandbox-theme";

/** Make a button switch the theme. */
export function themeSwitch(button) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => {
    fill(button, icon(dark() ? "sun" : "moon"));
    button.setAttribute("aria-label", dark() ? "Use the light theme" : "Use the dark theme");
  };
  try {
    const kept = localStorage.getItem(KEY);
    if (kept) root.dataset.theme = kept;
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
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
