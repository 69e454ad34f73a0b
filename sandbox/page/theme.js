/** Dark or light theme: the system's choice until the user chooses here. */
import { fill } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const KEY = "imagine-sandbox-theme";

/** Make a button switch the theme; returns what draws it again. @param {HTMLElement} button */
export function themeSwitch(button) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const { dataset } = document.documentElement;
  const isDark = () => (dataset.theme ? dataset.theme === "dark" : system.matches);
  const show = () => {
    fill(button, icon(isDark() ? "sun" : "moon"));
    button.setAttribute("aria-label", say(isDark() ? "Use the light theme" : "Use the dark theme"));
  };
  withStorage((storage) => {
    const saved = storage.getItem(KEY);
    if (saved) dataset.theme = saved;
  });
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    dataset.theme = theme;
    withStorage((storage) => storage.setItem(KEY, theme));
    show();
  });
  system.addEventListener("change", show);
  show();
  return show;
}

/** Storage may be forbidden; the choice then lasts until the page is closed. */
export function withStorage(use) {
  try {
    use(localStorage);
  } catch {}
}
