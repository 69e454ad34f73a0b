/** Draws markdown as elements. */
/** @import { Block, Inline } from "./markdown.js" */
import { h } from "./dom.js";
import { externalLink, jumpTarget } from "./links.js";
import { parse, plain } from "./markdown.js";
import { displayName } from "./store.js";
import { format, timeElement } from "./time.js";
import { say } from "./words.js";

/** Draw a text with blocks (a message, a text display). @param {string | undefined} source @param {Names} names */
export function richText(source, names) {
  return h("div.rich", drawBlocks(parse(source ?? ""), names));
}

/** The text as a screen reader reads it. @param {string | undefined} source @param {Names} names */
export function plainText(source, names) {
  return plain(parse(source ?? ""), (node) => label(node, names));
}

const drawBlocks = (blocks, names) => blocks.map((block) => drawBlock(block, names));

function drawBlock(/** @type {Block} */ block, names) {
  if (block.type === "pre") {
    const code = h("code", { dataset: { language: block.language } }, block.text);
    return h("pre", { tabindex: 0 }, code);
  }
  if (block.type === "quote") return h("blockquote", { dir: "auto" }, drawBlocks(block.children, names));
  if (block.type === "list") {
    const items = block.items.map((item) => h("li", { dir: "auto" }, drawInlines(item, names)));
    return block.ordered ? h("ol", { dir: "auto", start: block.start }, items) : h("ul", { dir: "auto" }, items);
  }
  const children = drawInlines(block.children, names);
  if (block.type === "small") return h("p.subtext", { dir: "auto" }, children);
  if (block.type === "p") return h("p", { dir: "auto" }, children);
  // Of one level, below the channel's: a message may begin with any of the three, and none may be left out.
  return h("p.heading", { class: block.type, role: "heading", "aria-level": 2, dir: "auto" }, children);
}

/** @returns {Child[]} */
const drawInlines = (nodes, names) => nodes.map((node) => drawInline(node, names));

function drawInline(/** @type {Inline} */ node, names) {
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

/** A link; to a message or a channel it leads there on this page, and a bare address is shown as the channel's name. */
function drawLink(url, children, /** @type {Names} */ names) {
  const target = jumpTarget(url);
  const { go } = names;
  if (!target || !go) return externalLink("a", url, {}, drawInlines(children, names));
  const bare = children.length === 1 && children[0].text === url;
  const place = names.place(target.channelId);
  const name = place ? `${place.guild ? "#" : "@"}${place.channel.name}` : `#${say("unknown")}`;
  const title = target.messageId ? say("Go to that message in {name}", { name }) : say("Go to {name}", { name });
  const attributes = { class: bare ? "mention" : "text-button", title, testid: "jump-link", onClick: () => go(target) };
  const text = bare ? `${name}${target.messageId ? ` › ${say("message")}` : ""}` : drawInlines(children, names);
  return h("button.jump-link", attributes, text);
}

/** The text of a mention, an emoji or a moment. */
function label(/** @type {Inline} */ node, /** @type {Names} */ names) {
  switch (node.type) {
    case "everyone":
      return `@${node.name}`;
    case "user": {
      const user = names.user(node.id);
      return `@${user ? displayName(user) : say("unknown member")}`;
    }
    case "role":
      return `@${names.role(node.id)?.name ?? say("unknown role")}`;
    case "command":
      return `/${node.name}`;
    case "channel":
      return `#${names.place(node.id)?.channel.name ?? say("unknown")}`;
    case "time":
      return format(node.unix, node.style);
    case "emoji":
      return `:${node.name}:`;
    default:
      return "";
  }
}

function mention(node, /** @type {Names} */ names) {
  const text = label(node, names);
  if (node.type === "command") return h("button.mention", { onClick: () => names.useCommand?.(node.name) }, text);
  if (node.type !== "channel" || !names.place(node.id)) return h("span.mention", text);
  return h("button.mention", { onClick: () => names.openChannel?.(node.id) }, text);
}

/** Text that stays covered until the user opens it. */
function spoiler(children) {
  const hidden = h("span", { "aria-hidden": "true" }, children);
  const reveal = (event) => {
    if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const open = h("span.spoiler.open", { tabindex: -1 }, [...hidden.childNodes]);
    cover.replaceWith(open);
    open.focus();
  };
  const role = { role: "button", tabindex: 0, "aria-label": say("Spoiler, hidden"), "aria-expanded": "false" };
  const cover = h("span.spoiler", { ...role, onClick: reveal, onKeydown: reveal }, hidden);
  return cover;
}
