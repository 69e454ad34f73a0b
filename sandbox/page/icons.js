/** Icons and avatars, drawn as SVG: no image file, no icon font, nothing of Discord's. */
import { h, svg } from "./dom.js";
import { displayName } from "./store.js";

/** @type {Record<string, string>} strokes on a 24 × 24 grid */
const PATHS = {
  hash: "M9.5 4 7.5 20M16.5 4 14.5 20M4.5 9h16M3.5 15h16",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M4 12 20 4.5 14.5 20l-3-6.5zM11.5 13.5 20 4.5",
  check: "M5 12.5l4.5 4.5L19 7.5",
  chevron: "M6 9.5l6 6 6-6",
  left: "M14.5 6l-6 6 6 6",
  right: "M9.5 6l6 6-6 6",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z",
  file: "M7 3.5h7l4 4v13H7zM13.5 3.5V8H18",
  link: "M9 15 19 5M12 5h7v7M17 14v5H5V7h5",
  sliders: "M4 8h9M17 8h3M15 6v4M4 16h3M11 16h9M9 14v4",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  slash: "M15.5 4.5l-7 15",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l1 13h8l1-13",
  copy: "M9 9h10.5v11H9zM5.5 15.5h-1V4.5H15V6",
  plus: "M12 5v14M5 12h14",
  down: "M12 5v14M6 13l6 6 6-6",
  warning: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17h.01",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6z",
  at: "M12 8.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6zM15.8 8.5v5c0 3 4.7 2.8 4.7-1.5a8.5 8.5 0 1 0-3.4 6.8",
};

const DECORATIVE = { "aria-hidden": "true", focusable: "false" };

/** An icon without a name for screen readers: its button or text has the name. @param {string} name */
export function icon(name, extra = "") {
  return svg("svg.icon", { class: extra, viewBox: "0 0 24 24", ...DECORATIVE }, svg("path", { d: PATHS[name] }));
}

/** A round button that shows only an icon. @param {string} name @param {string} label @param {Props} props */
export function iconButton(name, label, props) {
  return h("button.round", { "aria-label": label, ...props }, icon(name));
}

/** Three moving dots: something is under way. */
export const dots = () => h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i"));

/** The mark of the sandbox: the lens of a lighthouse. */
export function brandMark() {
  const background = svg("rect.brand-back", { width: 32, height: 32, rx: 9 });
  return svg("svg.brand-mark", { viewBox: "0 0 32 32", ...DECORATIVE }, background, lens("translate(16 16)"));
}

function lens(transform) {
  const beams = svg("path.beam", { d: "M-2.5-3-12-8.5v17L-2.5 3zM2.5-3 12-8.5v17L2.5 3z" });
  return svg("g.lens", { transform }, beams, svg("circle.lamp", { r: 4.2 }));
}

/** The picture of a user: the bot has the lens, members have their initial on their colour. @param {Discord.User} user */
export function avatar(user, extra = "") {
  if (user.bot) {
    const background = svg("rect.brand-back", { width: 40, height: 40 });
    const mark = lens("translate(20 20) scale(1.2)");
    return svg("svg.avatar", { class: extra, viewBox: "0 0 40 40", "aria-hidden": "true" }, background, mark);
  }
  const initial = Array.from(displayName(user) || "?")[0].toUpperCase();
  return h("span.avatar", { class: extra, "aria-hidden": "true", style: { "--hue": String(hue(user)) } }, initial);
}

/** The badge of a server: its initials. @param {string} name */
export function badge(name) {
  const initials = name.split(/\s+/u).map((word) => Array.from(word)[0] ?? "");
  const style = { "--hue": String(hashHue(name)) };
  return h("span.badge", { "aria-hidden": "true", style }, initials.join("").slice(0, 2));
}

/** The hue of a user's colour; grey and missing colours get a hue from the id. */
function hue(/** @type {Discord.User} */ { color, id, username }) {
  const number = typeof color === "number" ? color : Number.parseInt(String(color ?? "").replace("#", ""), 16);
  const [r, g, b] = [16, 8, 0].map((shift) => ((number >> shift) & 255) / 255);
  const max = Math.max(r, g, b);
  const range = max - Math.min(r, g, b);
  if (!number || range < 0.05) return hashHue(id ?? username);
  const sector = max === r ? (g - b) / range : max === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  return Math.round((sector * 60 + 360) % 360);
}

function hashHue(text) {
  let hash = 7;
  for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 3600;
  return hash % 360;
}
