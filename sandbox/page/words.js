/** The page's own words in the language of the user's client. What the bot writes is in the bot's messages; Backstage stays English. */
import { GERMAN } from "./german.js";

/** @type {Record<string, Record<string, string>>} by language; English is what the code says */
const TABLES = { de: GERMAN };
const originals = new WeakMap(); // the English of the page's fixed elements

let locale = "en-GB";
/** @type {Record<string, string>} */
let table = {};

/** Choose the language. @param {string | undefined} wanted a locale of Discord's */
export function setLanguage(wanted = "en-US") {
  locale = wanted.startsWith("en") ? "en-GB" : wanted;
  const language = wanted.split("-")[0];
  table = TABLES[language] ?? {};
  document.documentElement.lang = language in TABLES ? language : "en";
  for (const element of document.querySelectorAll("[data-say]")) translate(element);
}

/** The locale for dates and numbers. */
export const dateLocale = () => locale;

/** A text in the language; `{name}` stands for a value. @param {string} english @param {Record<string, string | number>} [values] */
export function say(english, values = {}) {
  const text = table[english] ?? english;
  return text.replaceAll(/\{(\w+)\}/gu, (_, name) => String(values[name]));
}

/** The same, where the text depends on a number. @param {number} count @param {string} one @param {string} many with `{count}` */
export const sayCount = (count, one, many) => say(count === 1 ? one : many, { count });

/** The same, with elements for values. @param {string} english @param {Record<string, Child>} values @returns {Child[]} */
export const sayWith = (english, values) =>
  (table[english] ?? english).split(/\{(\w+)\}/u).map((part, index) => (index % 2 ? values[part] : part));

/** Translate an element of index.html: its text, or its label if `data-say` is "label". @param {Element} element */
function translate(element) {
  const label = element.getAttribute("data-say") === "label";
  const english = originals.get(element) ?? (label ? element.getAttribute("aria-label") : element.textContent) ?? "";
  originals.set(element, english);
  if (label) element.setAttribute("aria-label", say(english));
  else element.textContent = say(english);
}
