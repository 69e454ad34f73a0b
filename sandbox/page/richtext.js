/**
 * Draws markdown as elements.
 * @module richtext
 */
/** @import { Target } from "./links.js" */
/** @import { Block, Inline } from "./markdown.js" */
/** @import { Place } from "./store.js" */
import { h } from "./dom.js";
import { externalLink, jumpTarget } from "./links.js";
import { inline, parse, plain } from "./markdown.js";
import { displayName } from "./store.js";
import { format, timeElement } from "./time.js";

/**
 * Looks up what mentions mean, and goes there.
 * @typedef {object} Names
 * @property {(id: string) => Discord.User | null} user
 * @property {(id: string) => Discord.Role | null} role
 * @property {(id: string) => Place | null} place
 * @property {(channelId: string) => void} [openChannel]
 * @property {(name: string) => void} [useCommand]
 * @property {(target: Target) => void} [go]
 */

/** Draw a text with blocks (a message, a text display). @param {string | undefined} source @param {Names} names */
export function richText(source, names) {
  return h(
    "div.rich",
    parse(source ?? "").map((block) => drawBlock(block, names)),
  );
}

/** Draw one line without blocks (a title, the name of a field). @param {string | undefined} source @param {Names} names */
export function richLine(source, names) {
  return drawInlines(inline(source ?? ""), names);
}

/** The text as a screen reader reads it. @param {string | undefined} source @param {Names} names */
export function plainText(source, names) {
  return plain(parse(source ?? ""), (node) => label(node, names));
}

/** @param {Block} block @param {Names} names @returns {Child} */
function drawBlock(block, names) {
  switch (block.type) {
    case "pre":
      return h("pre", { tabindex: 0 }, h("code", { dataset: { language: block.language } }, block.text));
    case "quote":
      return h(
        "blockquote",
        block.children.map((child) => drawBlock(child, names)),
      );
    case "list": {
      const items = block.items.map((item) => h("li", drawInlines(item, names)));
      return block.ordered ? h("ol", { start: block.start }, items) : h("ul", items);
    }
    case "small":
      return h("p.subtext", drawInlines(block.children, names));
    case "p":
      return h("p", drawInlines(block.children, names));
    default: {
      const level = Number(block.type[1]) + 2; // the page has its own h1 and h2
      const attributes = { class: block.type, role: "heading", "aria-level": level };
      return h("p.heading", attributes, drawInlines(block.children, names));
    }
  }
}

/** @param {Inline[]} nodes @param {Names} names @returns {Child[]} */
const drawInlines = (nodes, names) => nodes.map((node) => drawInline(node, names));

/** @param {Inline} node @param {Names} names @returns {Child} */
function drawInline(node, names) {
  switch (node.type) {
    case "text":
      return node.text;
    case "br":
      return h("br");
    case "strong":
    case "em":
    case "u":
    case "s":
      return h(node.type, drawInlines(node.children, names));
    case "code":
      return h("code", node.text);
    case "spoiler":
      return spoiler(drawInlines(node.children, names));
    case "link":
      return drawLink(node.url, node.children, names);
    case "time":
      return timeElement(node.unix, node.style);
    case "emoji":
      return label(node, names);
    default:
      return mention(node, names);
  }
}

/**
 * A link; to a message or a channel it leads there on this page, and a bare address is shown as the channel's name.
 * @param {string} url
 * @param {Inline[]} children
 * @param {Names} names
 */
function drawLink(url, children, names) {
  const target = jumpTarget(url);
  const { go } = names;
  if (!target || !go) return externalLink("a", url, {}, drawInlines(children, names));
  const [first] = children;
  const bare = children.length === 1 && first.type === "text" && first.text === url;
  const place = names.place(target.channelId);
  const name = place ? `${place.guild ? "#" : "@"}${place.channel.name}` : "#unknown";
  return h(
    "button.jump-link",
    {
      class: bare ? "mention" : "text-button",
      title: `Go to ${target.messageId ? "that message in " : ""}${name}`,
      testid: "jump-link",
      onClick: () => go(target),
    },
    bare ? `${name}${target.messageId ? " › message" : ""}` : drawInlines(children, names),
  );
}

/** The text of a mention, an emoji or a moment. @param {Inline} node @param {Names} names */
function label(node, names) {
  switch (node.type) {
    case "everyone":
      return `@${node.name}`;
    case "user": {
      const user = names.user(node.id);
      return `@${user ? displayName(user) : "unknown member"}`;
    }
    case "role":
      return `@${names.role(node.id)?.name ?? "unknown role"}`;
    case "command":
      return `/${node.name}`;
    case "channel":
      return `#${names.place(node.id)?.channel.name ?? "unknown"}`;
    case "time":
      return format(node.unix, node.style);
    case "emoji":
      return `:${node.name}:`;
    default:
      return "";
  }
}

/** @param {Inline} node @param {Names} names */
function mention(node, names) {
  const text = label(node, names);
  if (node.type === "command") return h("button.mention", { onClick: () => names.useCommand?.(node.name) }, text);
  if (node.type !== "channel" || !names.place(node.id)) return h("span.mention", text);
  return h("button.mention", { onClick: () => names.openChannel?.(node.id) }, text);
}

/** Text that stays covered until the user opens it. @param {Child[]} children */
function spoiler(children) {
  const hidden = h("span", { "aria-hidden": "true" }, children);
  const cover = h(
    "span.spoiler",
    { role: "button", tabindex: 0, "aria-label": "Spoiler, hidden", "aria-expanded": "false" },
    hidden,
  );
  const reveal = (/** @type {Event} */ event) => {
    if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const open = h("span.spoiler.open", { tabindex: -1 }, [...hidden.childNodes]);
    cover.replaceWith(open);
    open.focus();
  };
  cover.addEventListener("click", reveal);
  cover.addEventListener("keydown", reveal);
  return cover;
}
