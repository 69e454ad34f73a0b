/** Message components: rows, buttons, selects, and the layout kinds of Components V2. */
import { h } from "./dom.js";
import { gallery, thumbnail } from "./gallery.js";
import { icon } from "./icons.js";
import { externalLink, jumpTarget, safeAddress } from "./links.js";
import { richText } from "./richtext.js";
import { createSelect, SELECT_TYPES } from "./select.js";
import { say } from "./words.js";

/** Discord's numbers for component types; the selects are in select.js. */
export const Kind = Object.freeze({
  ROW: 1,
  BUTTON: 2,
  TEXT_INPUT: 4,
  SECTION: 9,
  TEXT: 10,
  THUMBNAIL: 11,
  GALLERY: 12,
  FILE: 13,
  SEPARATOR: 14,
  CONTAINER: 17,
  RADIO_GROUP: 21,
  CHECKBOX_GROUP: 22,
  CHECKBOX: 23,
});

const LINK_STYLE = 5;
const BUTTON_STYLES = ["", "primary", "secondary", "success", "danger", "link", "premium"];

/** @type {Record<number, (component: Discord.Component, drawing: Drawing) => HTMLElement>} */
const BUILDERS = {
  [Kind.ROW]: ({ components }, drawing) => h("div.row", drawComponents(components, drawing)),
  [Kind.BUTTON]: button,
  [Kind.SECTION]: ({ components, accessory }, drawing) => {
    const text = h("div.section-text", drawComponents(components, drawing));
    return h("div.section", text, h("div.accessory", accessory && draw(accessory, drawing)));
  },
  [Kind.TEXT]: ({ content }, { names }) => richText(content, names),
  [Kind.THUMBNAIL]: (component, drawing) => thumbnail(picture(component, drawing), drawing.revealed),
  [Kind.GALLERY]: ({ items = [] }, drawing) => {
    const pictures = items.map((item) => picture(item, drawing));
    return gallery(pictures, drawing.revealed);
  },
  [Kind.FILE]: (component, drawing) => fileCard(fileOf(component, drawing), component.spoiler, drawing.revealed),
  [Kind.SEPARATOR]: ({ divider, spacing }) => {
    const plain = divider === false;
    return h("div.separator", { role: plain ? null : "separator", class: [plain && "plain", spacing === 2 && "wide"] });
  },
  [Kind.CONTAINER]: ({ id, components, accent_color, spoiler }, drawing) => {
    const style = accentStyle(accent_color);
    const attributes = { class: style && "accented", style, testid: "container" };
    const box = h("div.container", attributes, drawComponents(components, drawing));
    return cover(box, spoiler, `container ${id}`, drawing.revealed);
  },
};

/** Draw a list of components. @param {Discord.Component[] | undefined} components @param {Drawing} drawing */
export function drawComponents(components, drawing) {
  return (components ?? []).map((component) => draw(component, drawing));
}

function draw(component, drawing) {
  const { type } = component;
  if (SELECT_TYPES.has(type)) return select(component, drawing);
  if (type in BUILDERS) return BUILDERS[type](component, drawing);
  return h("p.unknown", say("(a component of type {type}, which this page does not draw)", { type }));
}

/** The style of a box with an accent colour; null without one. @param {number | null | undefined} color */
const accentStyle = (color) =>
  typeof color === "number" ? { "--accent-bar": `#${color.toString(16).padStart(6, "0")}` } : null;

/** Cover a whole block if it is a spoiler that was not uncovered yet. */
function cover(box, spoiler, key, revealed) {
  if (!spoiler || revealed.has(key)) return box;
  box.inert = true;
  const reveal = () => {
    revealed.add(key);
    box.inert = false;
    frame.replaceWith(box);
    box.tabIndex = -1;
    box.focus();
  };
  const frame = h("div.covered-block", box, h("button.block-cover", { onClick: reveal }, icon("eye"), say("Spoiler")));
  return frame;
}

function button(component, drawing) {
  const { label, emoji, url, disabled, custom_id: customId, style = 2 } = component;
  const sign = emoji?.id ? `:${emoji.name}:` : emoji?.name;
  const content = [sign && h("span.emoji", { "aria-hidden": "true" }, sign), label && h("span", label)];
  const attributes = { "aria-label": label ? null : (emoji?.name ?? say("Button")), testid: "button" };
  const isLink = style === LINK_STYLE;
  if (isLink && !disabled) {
    const { go } = drawing.names;
    const target = jumpTarget(url);
    if (!target || !go) return externalLink("a.button.link", url, attributes, content, icon("link"));
    return h("button.button.link", { ...attributes, key: url, onClick: () => go(target) }, content);
  }
  const control = h(
    "button.button",
    {
      ...attributes,
      class: BUTTON_STYLES[style] ?? "secondary",
      disabled,
      key: customId,
      dataset: customId && { customId },
      onClick: () => drawing.use(component, undefined, control),
    },
    content,
    isLink && icon("link"),
  );
  return control;
}

function select(component, drawing) {
  const onCommit = (values) => drawing.use(component, values, made.button);
  const made = createSelect(component, drawing.directory, { label: say("Select"), onCommit });
  return made.element;
}

function picture(/** @type {Discord.Component} */ { media, description, spoiler }, drawing) {
  const { url, width, height, description: alt } = resolve(media, drawing);
  return { url, alt: description ?? alt ?? "", width, height, spoiler };
}

/** `attachment://name` means a file of the same message; usually the server has resolved it already. */
function resolve(media, /** @type {Drawing} */ { attachments }) {
  const name = /^attachment:\/\/(.+)$/u.exec(media?.url ?? "")?.[1];
  const attachment = attachments.find(({ filename }) => filename === name);
  const resolved = { ...media, ...attachment };
  return { ...resolved, url: safeAddress(resolved.url) };
}

function fileOf(component, drawing) {
  const { url, filename, size } = resolve(component.file, drawing);
  const path = decodeURIComponent(url.split(/[?#]/u)[0].split("/").at(-1) || "file");
  return { url, name: component.name ?? filename ?? path, size: component.size ?? size };
}

/** A file to open. @param {{url: string, name?: string, size?: number}} file @param {Set<string>} revealed */
export function fileCard({ url, name, size }, /** @type {boolean | undefined} */ spoiler, revealed) {
  const text = h("span.file-text", h("span.file-name", name), size ? h("span.file-size", fileSize(size)) : null);
  return cover(externalLink("a.file", url, { testid: "file" }, icon("file"), text), spoiler, `file ${url}`, revealed);
}

function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
