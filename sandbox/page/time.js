/** Moments as Discord writes them, and the clock that keeps relative ones up to date. */
import { h, setText } from "./dom.js";

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const FORMATS = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};
/** How many of a unit make the next one. */
const UNITS = { second: 60, minute: 60, hour: 24, day: 30, month: 12, year: Number.POSITIVE_INFINITY };
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** Format a moment. @param {number} unix seconds @param {string} style Discord's letter; R is relative */
export function format(unix, style, now = Date.now()) {
  if (style !== "R") return new Intl.DateTimeFormat("en-GB", FORMATS[style] ?? FORMATS.f).format(unix * 1000);
  let amount = Math.round(unix - now / 1000);
  if (amount === 0) return "now";
  for (const [unit, size] of Object.entries(UNITS)) {
    if (Math.abs(amount) < size) return RELATIVE.format(amount, /** @type {keyof typeof UNITS} */ (unit));
    amount = Math.trunc(amount / size);
  }
  return "";
}

/** Format a moment of the API's in full. @param {string} timestamp ISO 8601 */
export const fullTime = (timestamp) => format(Date.parse(timestamp) / 1000, "F");

/** A `<time>`; {@link startClock} updates a relative one. @param {number} unix seconds @param {string} style */
export function timeElement(unix, style) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.valueOf())) return h("span", "an impossible time");
  const dataset = style === "R" ? { relative: String(unix) } : {};
  return h("time.moment", { datetime: date.toISOString(), title: format(unix, "F"), dataset }, format(unix, style));
}

/** Start the clock: once a second it updates the relative times whose text changed. */
export function startClock() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time")) {
      if (element.dataset.relative) setText(element, format(Number(element.dataset.relative), "R"));
    }
  }, 1000);
}

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });

/** The heading of a day in the list of messages. @param {Date} date */
export function dayName(date, now = new Date()) {
  const name = DAY.format(date);
  if (name === DAY.format(now)) return "Today";
  return name === DAY.format(new Date(now.valueOf() - 86_400_000)) ? "Yesterday" : name;
}

/** A message's time of day. @param {Date} date */
export const clockTime = (date) => format(date.valueOf() / 1000, "t");
