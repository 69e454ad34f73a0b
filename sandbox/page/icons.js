/**
 * Icons and avatars, drawn here: no image file, no icon font, nothing of Discord's.
 * @module icons
 */
import { h, svg } from "./dom.js";

/** Strokes on a 24 × 24 grid. */
const PATHS = {
  hash: ["M9.5 4 7.5 20", "M16.5 4 14.5 20", "M4.5 9h16", "M3.5 15h16"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  more: ["M5 12h.01", "M12 12h.01", "M19 12h.01"],
  send: ["M4 12 20 4.5 14.5 20l-3-6.5z", "M11.5 13.5 20 4.5"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  chevron: ["M6 9.5l6 6 6-6"],
  left: ["M14.5 6l-6 6 6 6"],
  right: ["M9.5 6l6 6-6 6"],
  eye: [
    "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z",
    "M12 9.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z",
  ],
  file: ["M7 3.5h7l4 4v13H7z", "M13.5 3.5V8H18"],
  link: ["M9 15 19 5", "M12 5h7v7", "M17 14v5H5V7h5"],
  sliders: ["M4 8h9", "M17 8h3", "M15 6v4", "M4 16h3", "M11 16h9", "M9 14v4"],
  sun: [
    "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z",
    "M12 2.5v2",
    "M12 19.5v2",
    "M2.5 12h2",
    "M19.5 12h2",
    "M5.3 5.3l1.4 1.4",
    "M17.3 17.3l1.4 1.4",
    "M18.7 5.3l-1.4 1.4",
    "M6.7 17.3l-1.4 1.4",
  ],
  moon: ["M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"],
  command: ["M8 4 5 20", "M14.5 8.5 11 12l3.5 3.5", "M19 8.5 15.5 12l3.5 3.5"],
  slash: ["M15.5 4.5l-7 15"],
  reply: ["M4.5 17c0-5 3-7.5 8-7.5h7", "M15.5 5.5l4 4-4 4"],
  trash: ["M5 7h14", "M9.5 7V4.5h5V7", "M7 7l1 13h8l1-13"],
  copy: ["M9 9h10.5v11H9z", "M5.5 15.5h-1V4.5H15V6"],
  plus: ["M12 5v14", "M5 12h14"],
  down: ["M12 5v14", "M6 13l6 6 6-6"],
  warning: ["M12 4 2.8 19.5h18.4z", "M12 10v4.5", "M12 17h.01"],
  bolt: ["M13 3 5 14h6l-1 7 8-11h-6z"],
  stop: ["M6.5 6.5h11v11h-11z"],
  restart: ["M19 12a7 7 0 1 1-2.2-5.1", "M19 4v4.5h-4.5"],
  at: ["M12 8.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6z", "M15.8 8.5v5c0 3 4.7 2.8 4.7-1.5a8.5 8.5 0 1 0-3.4 6.8"],
};

/** An icon that says nothing by itself: its button or text carries the name. */
export function icon(name, extra = "") {
  return svg(
    "svg",
    { class: `icon ${extra}`.trim(), viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    PATHS[name].map((d) => svg("path", { d })),
  );
}

/** The mark of the sandbox: a lamp's lens. */
export function brandMark() {
  return svg(
    "svg",
    { class: "brand-mark", viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "brand-back", width: 32, height: 32, rx: 9 }),
    lens(16, 16, 1),
  );
}

function lens(x, y, scale) {
  const group = svg("g", { class: "lens", transform: `translate(${x} ${y}) scale(${scale})` });
  for (const d of ["M-2.5-3-12-8.5v17L-2.5 3z", "M2.5-3 12-8.5v17L2.5 3z"]) {
    group.append(svg("path", { class: "beam", d }));
  }
  group.append(svg("circle", { class: "lamp", r: 4.2 }));
  return group;
}

/**
 * A face for somebody: the bot has the lens, members have their initial on their colour.
 * @param {{id: string, username: string, global_name?: string|null, color?: string|number, bot?: boolean}} user
 */
export function avatar(user, extra = "") {
  const name = user.global_name || user.username || "?";
  if (user.bot) {
    const face = svg(
      "svg",
      { class: `avatar avatar-bot ${extra}`.trim(), viewBox: "0 0 40 40", "aria-hidden": "true" },
      svg("rect", { class: "brand-back", width: 40, height: 40 }),
      lens(20, 20, 1.2),
    );
    return face;
  }
  return h(
    "span",
    { class: `avatar ${extra}`.trim(), "aria-hidden": "true", style: { "--hue": String(hue(user)) } },
    Array.from(name)[0].toUpperCase(),
  );
}

/** A server's badge: its initials. */
export function badge(name) {
  const initials = name.split(/\s+/u).map((word) => Array.from(word)[0] ?? "").join("").slice(0, 2);
  return h("span", { class: "badge", "aria-hidden": "true", style: { "--hue": String(hashHue(name)) } }, initials);
}

/** The hue of somebody's colour; greys and unknown ones get a hue from the name. */
function hue(user) {
  const number = typeof user.color === "number"
    ? user.color
    : Number.parseInt(String(user.color ?? "").replace("#", ""), 16);
  if (!number) return hashHue(user.id ?? user.username);
  const [r, g, b] = [16, 8, 0].map((shift) => ((number >> shift) & 255) / 255);
  const [max, min] = [Math.max(r, g, b), Math.min(r, g, b)];
  if (max - min < 0.05) return hashHue(user.id ?? user.username);
  const sector = max === r
    ? (g - b) / (max - min)
    : max === g
    ? 2 + (b - r) / (max - min)
    : 4 + (r - g) / (max - min);
  return Math.round((sector * 60 + 360) % 360);
}

function hashHue(text) {
  let value = 7;
  for (const character of String(text)) value = (value * 31 + character.codePointAt(0)) % 3600;
  return value % 360;
}
