/**
 * Message components: rows, buttons, selects, and the layout kinds of Components V2.
 * @module components
 */
import { h } from "./dom.js";
import { gallery, thumbnail } from "./gallery.js";
import { icon } from "./icons.js";
import { target } from "./jump.js";
import { richText } from "./richtext.js";
import { SELECT_TYPES, createSelect } from "./select.js";

/** Discord's numbers for component types. */
export const Kind = Object.freeze({
  ROW: 1,
  BUTTON: 2,
  STRING_SELECT: 3,
  TEXT_INPUT: 4,
  USER_SELECT: 5,
  ROLE_SELECT: 6,
  MENTIONABLE_SELECT: 7,
  CHANNEL_SELECT: 8,
  SECTION: 9,
  TEXT: 10,
  THUMBNAIL: 11,
  GALLERY: 12,
  FILE: 13,
  SEPARATOR: 14,
  CONTAINER: 17,
  LABEL: 18,
  FILE_UPLOAD: 19,
  RADIO_GROUP: 21, CHECKBOX_GROUP: 22, CHECKBOX: 23,
});

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };

/**
 * @typedef {object} Drawing what drawing a message's components needs
 * @property {import("./richtext.js").Names} names
 * @property {import("./select.js").Directory} directory
 * @property {object[]} attachments of the message, for `attachment://` addresses
 * @property {Set<string>} revealed spoilers that were lifted
 * @property {(component: object, values: string[]|undefined, control: HTMLElement) => void} use presses or chooses
 */

/**
 * Draw a list of components.
 * @param {object[]} components
 * @param {Drawing} drawing
 * @returns {HTMLElement[]}
 */
export function drawComponents(components, drawing) {
  return (components ?? []).map((component) => draw(component, drawing)).filter(Boolean);
}

function draw(component, drawing) {
  switch (component.type) {
    case Kind.ROW:
      return h("div", { class: "row" }, drawComponents(component.components, drawing));
    case Kind.BUTTON:
      return button(component, drawing);
    case Kind.SECTION:
      return section(component, drawing);
    case Kind.TEXT:
      return richText(component.content, drawing.names);
    case Kind.THUMBNAIL:
      return thumbnail(picture(component, drawing), drawing.revealed);
    case Kind.GALLERY:
      return gallery(component.items.map((item) => picture(item, drawing)), drawing.revealed);
    case Kind.FILE:
      return fileCard(fileOf(component, drawing), component.spoiler, drawing.revealed);
    case Kind.SEPARATOR:
      return h(
        "div",
        {
          class: `separator${component.divider === false ? " plain" : ""}${component.spacing === 2 ? " wide" : ""}`,
          role: component.divider === false ? null : "separator",
        },
      );
    case Kind.CONTAINER:
      return container(component, drawing);
    default:
      if (SELECT_TYPES.has(component.type)) return select(component, drawing);
      return h("p", { class: "unknown" }, `(a component of type ${component.type}, which this page does not draw)`);
  }
}

function container(component, drawing) {
  const accent = typeof component.accent_color === "number"
    ? `#${component.accent_color.toString(16).padStart(6, "0")}`
    : null;
  const box = h(
    "div",
    {
      class: `container${accent ? " accented" : ""}`,
      style: accent ? { "--accent-bar": accent } : {},
      dataset: { testid: "container" },
    },
    drawComponents(component.components, drawing),
  );
  const key = `container ${component.id}`;
  if (component.spoiler && !drawing.revealed.has(key)) return covered(box, () => drawing.revealed.add(key));
  return box;
}

/** A whole block under a cover. */
function covered(box, onReveal) {
  box.inert = true;
  const cover = h("button", { type: "button", class: "block-cover", onClick: () => {
    onReveal();
    box.inert = false;
    frame.replaceWith(box);
    box.tabIndex = -1;
    box.focus();
  } }, icon("eye"), "Spoiler");
  const frame = h("div", { class: "covered-block" }, box, cover);
  return frame;
}

function section(component, drawing) {
  return h(
    "div",
    { class: "section" },
    h("div", { class: "section-text" }, drawComponents(component.components, drawing)),
    h("div", { class: "accessory" }, component.accessory ? draw(component.accessory, drawing) : null),
  );
}

function button(component, drawing) {
  const style = BUTTON_STYLES[component.style] ?? "secondary";
  const emoji = component.emoji?.name
    ? h(
      "span",
      { class: "emoji", "aria-hidden": "true" },
      component.emoji.id ? `:${component.emoji.name}:` : component.emoji.name,
    )
    : null;
  const content = [emoji, component.label ? h("span", {}, component.label) : null];
  const name = component.label ? null : (component.emoji?.name ?? "Button");
  const to = component.style === 5 && !component.disabled && drawing.names.go ? target(component.url) : null;
  if (to) {
    return h(
      "button",
      {
        type: "button",
        class: "button link",
        "aria-label": name,
        dataset: { key: component.url, testid: "button" },
        onClick: () => drawing.names.go(to),
      },
      content,
    );
  }
  if (component.style === 5 && !component.disabled) {
    return h(
      "a",
      {
        class: "button link",
        href: safeAddress(component.url),
        target: "_blank",
        rel: "noopener noreferrer",
        "aria-label": name,
        dataset: { testid: "button" },
      },
      content,
      icon("link"),
    );
  }
  const control = h(
    "button",
    {
      type: "button",
      class: `button ${style}`,
      disabled: component.disabled,
      "aria-label": name,
      dataset: { key: component.custom_id, customId: component.custom_id, testid: "button" },
    },
    content,
    component.style === 5 ? icon("link") : null,
  );
  control.addEventListener("click", () => drawing.use(component, undefined, control));
  return control;
}

function select(component, drawing) {
  const made = createSelect(component, drawing.directory, {
    label: "Select",
    onCommit: (values) => drawing.use(component, values, made.button),
  });
  made.button.dataset.customId = component.custom_id;
  return made.element;
}

function picture(item, drawing) {
  const media = resolve(item.media, drawing);
  return {
    url: media.url,
    alt: item.description ?? media.description ?? "",
    width: media.width,
    height: media.height,
    spoiler: item.spoiler,
  };
}

/** `attachment://name` means a file of the same message; the server usually resolved it already. */
function resolve(media, drawing) {
  const name = /^attachment:\/\/(.+)$/u.exec(media?.url ?? "")?.[1];
  const attachment = name && drawing.attachments.find((candidate) => candidate.filename === name);
  const resolved = attachment ? { ...media, ...attachment } : media;
  return { ...resolved, url: safeAddress(resolved?.url) };
}

function fileOf(component, drawing) {
  const media = resolve(component.file, drawing);
  const name = component.name ?? media.filename ?? decodeURIComponent(
    media.url.split(/[?#]/u)[0].split("/").at(-1) || "file",
  );
  return { url: media.url, name, size: component.size ?? media.size };
}

/** A file to open. */
export function fileCard(file, spoiler, revealed) {
  const card = h(
    "a",
    { class: "file", href: file.url, target: "_blank", rel: "noopener noreferrer", dataset: { testid: "file" } },
    icon("file"),
    h(
      "span",
      { class: "file-text" },
      h("span", { class: "file-name" }, file.name),
      file.size ? h("span", { class: "file-size" }, fileSize(file.size)) : null,
    ),
  );
  const key = `file ${file.url}`;
  return spoiler && !revealed.has(key) ? covered(card, () => revealed.add(key)) : card;
}

function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** Only web addresses are ever opened or loaded. */
export function safeAddress(address) {
  try {
    const parsed = new URL(address, location.href);
    return /^https?:$/u.test(parsed.protocol) ? parsed.href : "about:blank";
  } catch {
    return "about:blank";
  }
}
