/**
 * Moments as Discord writes them, and the one clock that keeps the relative ones true.
 * @module time
 */
import { h } from "./dom.js";

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
const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/**
 * A moment in words.
 * @param {number} unix seconds
 * @param {string} style Discord's letter; R is relative
 * @param {number} [now] milliseconds
 */
export function format(unix, style, now = Date.now()) {
  if (style !== "R") return new Intl.DateTimeFormat("en-GB", FORMATS[style] ?? FORMATS.f).format(unix * 1000);
  let amount = Math.round(unix - now / 1000);
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return unit === "second" && amount === 0 ? "now" : RELATIVE.format(amount, unit);
    amount = Math.trunc(amount / size);
  }
  return "";
}

/** A `<time>`; a relative one counts by itself for as long as it is in the document. */
export function timeElement(unix, style) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.valueOf())) return h("span", {}, "an impossible time");
  return h(
    "time",
    {
      class: "moment",
      datetime: date.toISOString(),
      title: format(unix, "F"),
      dataset: style === "R" ? { relative: String(unix) } : {},
    },
    format(unix, style),
  );
}

/** Start the clock. Once a second, it touches only the words that changed. */
export function startClock() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time[data-relative]")) {
      const words = format(Number(element.dataset.relative), "R");
      if (element.textContent !== words) element.textContent = words;
    }
  }, 1000);
}

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });

/** The heading of a day in the list. */
export function dayName(date, now = new Date()) {
  const name = DAY.format(date);
  if (name === DAY.format(now)) return "Today";
  return name === DAY.format(new Date(now.valueOf() - 86_400_000)) ? "Yesterday" : name;
}

/** A message's time of day. */
export const clockTime = (date) => format(date.valueOf() / 1000, "t");
