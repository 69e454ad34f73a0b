/** Moments as Discord writes them, and the clock that keeps relative ones up to date. */
import { h, setText } from "./dom.js";
import { dateLocale, say } from "./words.js";

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
/** The seconds of each unit, and how many of them are still named in it: 59.6 seconds are 1 minute. */
const UNITS = /** @type {const} */ ([
  ["second", 1, 60],
  ["minute", 60, 60],
  ["hour", 3600, 24],
  ["day", 86_400, 30],
  ["month", 2_629_800, 12],
  ["year", 31_557_600, Number.POSITIVE_INFINITY],
]);

let ahead = 0; // ms

/** Set by how much the sandbox's time is ahead of the machine's. @param {number} seconds */
export function setAhead(seconds) {
  ahead = seconds * 1000;
}

const clock = () => Date.now() + ahead;

/** Format a moment in the client's language. @param {number} unix seconds @param {string} style Discord's letter; R is relative */
export function format(unix, style, now = clock()) {
  if (style === "R") return relative(unix - now / 1000);
  return new Intl.DateTimeFormat(dateLocale(), FORMATS[style] ?? FORMATS.f).format(unix * 1000);
}

/** Rounded to the nearest unit, as Discord does. @param {number} seconds from now */
function relative(seconds) {
  for (const [unit, size, limit] of UNITS) {
    const amount = Math.round(Math.abs(seconds) / size);
    if (amount >= limit) continue;
    const numeric = amount === 0 ? "auto" : "always"; // "now", but "in 1 day", not "tomorrow"
    return new Intl.RelativeTimeFormat(dateLocale(), { numeric }).format(seconds < 0 ? -amount : amount, unit);
  }
  return "";
}

/** Format a moment of the API's in full. @param {string} timestamp ISO 8601 */
export const fullTime = (timestamp) => format(Date.parse(timestamp) / 1000, "F");

/** A `<time>`; {@link startClock} updates a relative one. @param {number} unix seconds @param {string} style */
export function timeElement(unix, style) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.valueOf())) return h("span", say("an impossible time"));
  const dataset = style === "R" ? { relative: String(unix) } : {};
  return h("time.moment", { datetime: date.toISOString(), title: format(unix, "F"), dataset }, format(unix, style));
}

/** A `<time>` that names a day; {@link startClock} updates it. @param {Date} date */
export function dayElement(date) {
  return h("time", { datetime: date.toISOString(), dataset: { day: "" } }, dayName(date));
}

/** Start the clock: once a second it updates the relative times and the days whose text changed. */
export function startClock() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time")) {
      const { relative, day } = element.dataset;
      if (relative) setText(element, format(Number(relative), "R"));
      if (day !== undefined) setText(element, dayName(new Date(element.dateTime)));
    }
  }, 1000);
}

/** "Today", "Yesterday" or the date. @param {Date} date */
function dayName(date, now = new Date(clock())) {
  const long = new Intl.DateTimeFormat(dateLocale(), { dateStyle: "long" });
  const name = long.format(date);
  if (name === long.format(now)) return say("Today");
  return name === long.format(new Date(now.valueOf() - 86_400_000)) ? say("Yesterday") : name;
}

/** A message's time of day. @param {Date} date */
export const clockTime = (date) => format(date.valueOf() / 1000, "t");
