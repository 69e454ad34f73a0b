/**
 * Message components: rows, buttons, selects, and the layout kinds of Components V2.
 * @module components
 */
/** @import { Picture } from "./gallery.js" */
/** @import { Names } from "./richtext.js" */
/** @import { Directory } from "./store.js" */
import { h } from "./dom.js";
import { gallery, thumbnail } from "./gallery.js";
import { icon } from "./icons.js";
import { externalLink, jumpTarget, safeAddress } from "./links.js";
import { richText } from "./richtext.js";
import { createSelect, SELECT_TYPES } from "./select.js";

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

/**
 * @typedef {object} Drawing what drawing a message's components needs
 * @property {Names} names
 * @property {Directory} directory
 * @property {Discord.Attachment[]} attachments of the message, for `attachment://` addresses
 * @property {Set<string>} revealed spoilers that were uncovered
 * @property {(component: Discord.Component, values: string[] | undefined, control: HTMLElement) => void} use called
 *   when a button is pressed or a select changes
 */

/**
 * Draw a list of components.
 * @param {Discord.Component[] | undefined} components
 * @param {Drawing} drawing
 * @returns {HTMLElement[]}
 */
export function drawComponents(components, drawing) {
  return (components ?? []).map((component) => draw(component, drawing));
}

/** @param {Discord.Component} component @param {Drawing} drawing @returns {HTMLElement} */
function draw(component, drawing) {
  const { names, revealed } = drawing;
  const { type, components, accessory, items = [], spoiler } = component;
  if (SELECT_TYPES.has(type)) return select(component, drawing);
  switch (type) {
    case Kind.ROW:
      return h("div.row", drawComponents(components, drawing));
    case Kind.BUTTON:
      return button(component, drawing);
    case Kind.SECTION:
      return h(
        "div.section",
        h("div.section-text", drawComponents(components, drawing)),
        h("div.accessory", accessory && draw(accessory, drawing)),
      );
    case Kind.TEXT:
      return richText(component.content, names);
    case Kind.THUMBNAIL:
      return thumbnail(picture(component, drawing), revealed);
    case Kind.GALLERY:
      return gallery(
        items.map((item) => picture(item, drawing)),
        revealed,
      );
    case Kind.FILE:
      return fileCard(fileOf(component, drawing), spoiler, revealed);
    case Kind.SEPARATOR:
      return separator(component);
    case Kind.CONTAINER:
      return container(component, drawing);
    default:
      return h("p.unknown", `(a component of type ${type}, which this page does not draw)`);
  }
}

/** @param {Discord.Component} component */
function separator({ divider, spacing }) {
  const plain = divider === false;
  const box = h("div.separator", { role: plain ? null : "separator" });
  box.classList.toggle("plain", plain);
  box.classList.toggle("wide", spacing === 2);
  return box;
}

/** The style of a box with an accent colour; null without one. @param {number | null | undefined} color */
export const accentStyle = (color) =>
  typeof color === "number" ? { "--accent-bar": `#${color.toString(16).padStart(6, "0")}` } : null;

/** @param {Discord.Component} component @param {Drawing} drawing */
function container({ id, components, accent_color, spoiler }, drawing) {
  const style = accentStyle(accent_color);
  const attributes = { class: style && "accented", style: style ?? {}, testid: "container" };
  const box = h("div.container", attributes, drawComponents(components, drawing));
  return cover(box, spoiler, `container ${id}`, drawing.revealed);
}

/**
 * Cover a whole block if it is a spoiler that was not uncovered yet.
 * @param {HTMLElement} box
 * @param {boolean | undefined} spoiler
 * @param {string} key
 * @param {Set<string>} revealed
 */
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
  const frame = h("div.covered-block", box, h("button.block-cover", { onClick: reveal }, icon("eye"), "Spoiler"));
  return frame;
}

/** @param {Discord.Component} component @param {Drawing} drawing */
function button(component, drawing) {
  const { label, emoji, url, disabled, custom_id: customId, style = 2 } = component;
  const sign = emoji?.id ? `:${emoji.name}:` : emoji?.name;
  const content = [sign && h("span.emoji", { "aria-hidden": "true" }, sign), label && h("span", label)];
  const attributes = { "aria-label": label ? null : (emoji?.name ?? "Button"), testid: "button" };
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
      onClick: () => drawing.use(component, undefined, control),
    },
    content,
    isLink && icon("link"),
  );
  if (customId) control.dataset.customId = customId;
  return control;
}

/** @param {Discord.Component} component @param {Drawing} drawing */
function select(component, drawing) {
  const made = createSelect(component, drawing.directory, {
    label: "Select",
    onCommit: (values) => drawing.use(component, values, made.button),
  });
  return made.element;
}

/** @param {Discord.GalleryItem} item @param {Drawing} drawing @returns {Picture} */
function picture({ media, description, spoiler }, drawing) {
  const { url, width, height, description: alt } = resolve(media, drawing);
  return { url, alt: description ?? alt ?? "", width, height, spoiler };
}

/**
 * `attachment://name` means a file of the same message; usually the server has resolved it already.
 * @param {Discord.Media | undefined} media
 * @param {Drawing} drawing
 * @returns {Discord.Media}
 */
function resolve(media, { attachments }) {
  const name = /^attachment:\/\/(.+)$/u.exec(media?.url ?? "")?.[1];
  const attachment = attachments.find(({ filename }) => filename === name);
  const resolved = { ...media, ...attachment };
  return { ...resolved, url: safeAddress(resolved.url) };
}

/** @typedef {{url: string, name: string, size?: number}} File */

/** @param {Discord.Component} component @param {Drawing} drawing @returns {File} */
function fileOf(component, drawing) {
  const { url, filename, size } = resolve(component.file, drawing);
  const path = decodeURIComponent(url.split(/[?#]/u)[0].split("/").at(-1) || "file");
  return { url, name: component.name ?? filename ?? path, size: component.size ?? size };
}

/** A file to open. @param {File} file @param {boolean | undefined} spoiler @param {Set<string>} revealed */
export function fileCard({ url, name, size }, spoiler, revealed) {
  const text = h("span.file-text", h("span.file-name", name), size ? h("span.file-size", fileSize(size)) : null);
  return cover(externalLink("a.file", url, { testid: "file" }, icon("file"), text), spoiler, `file ${url}`, revealed);
}

/** @param {number} bytes */
function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
