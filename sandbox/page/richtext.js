/**
 * Markdown trees as elements.
 * @module richtext
 */
import { h } from "./dom.js";
import { target } from "./jump.js";
import { inline, parse, plain } from "./markdown.js";
import { format, timeElement } from "./time.js";

/**
 * @typedef {{user: Function, role: Function, place: Function, openChannel?: Function, useCommand?: Function,
 *   go?: (target: {channelId: string, messageId: string|null}) => void}} Names
 *   Looks up what mentions stand for, and leads there.
 */

/**
 * Draw a text with blocks (a message, a text display).
 * @param {string} source
 * @param {Names} names
 */
export function richText(source, names) {
  return h("div", { class: "rich" }, parse(source ?? "").map((block) => drawBlock(block, names)));
}

/** Draw one line without blocks (a button's neighbour, a field's name). */
export function richLine(source, names) {
  return inline(source ?? "").map((node) => drawInline(node, names));
}

function drawBlock(block, names) {
  const children = () => drawAll(block.children, names);
  switch (block.type) {
    case "pre":
      return h("pre", { tabindex: 0 }, h("code", { dataset: { language: block.language } }, block.text));
    case "quote":
      return h("blockquote", {}, block.children.map((child) => drawBlock(child, names)));
    case "list":
      return h(
        block.ordered ? "ol" : "ul",
        block.ordered ? { start: block.start } : {},
        block.items.map((item) => h("li", {}, drawAll(item, names))),
      );
    case "small":
      return h("p", { class: "subtext" }, children());
    case "h1":
    case "h2":
    case "h3": // the page has its own h1 and h2
      return h(
        "p",
        { class: `heading ${block.type}`, role: "heading", "aria-level": Number(block.type[1]) + 2 },
        children(),
      );
    default:
      return h("p", {}, children());
  }
}

const drawAll = (nodes, names) => nodes.map((node) => drawInline(node, names));

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
      return h(node.type, {}, drawAll(node.children, names));
    case "code":
      return h("code", {}, node.text);
    case "spoiler":
      return spoiler(drawAll(node.children, names));
    case "link":
      if (target(node.url) && names.go) return jumpLink(node, names);
      return h("a", { href: node.url, target: "_blank", rel: "noopener noreferrer" }, drawAll(node.children, names));
    case "time":
      return timeElement(node.unix, node.style);
    case "emoji":
      return word(node, names);
    default:
      return mention(node, names);
  }
}

/** A link to a message or a channel: it leads there within the page. A bare address is named after its channel. */
function jumpLink(node, names) {
  const to = target(node.url);
  const bare = node.children.length === 1 && node.children[0].text === node.url;
  const channel = names.place(to.channelId);
  const place = channel ? `${channel.guild ? "#" : "@"}${channel.channel.name}` : "#unknown";
  return h(
    "button",
    {
      type: "button",
      class: bare ? "mention jump-link" : "text-button jump-link",
      title: `Go to ${to.messageId ? "that message in " : ""}${place}`,
      dataset: { testid: "jump-link" },
      onClick: () => names.go(to),
    },
    bare ? `${place}${to.messageId ? " › message" : ""}` : drawAll(node.children, names),
  );
}

/** What a mention or a moment is called. */
function word(node, names) {
  switch (node.type) {
    case "everyone":
      return `@${node.name}`;
    case "user": {
      const user = names.user(node.id);
      return `@${user?.global_name || user?.username || "unknown member"}`;
    }
    case "role":
      return `@${names.role(node.id)?.name ?? "unknown role"}`;
    case "command":
      return `/${node.name}`;
    case "channel":
      return `#${names.place(node.id)?.channel.name ?? "unknown"}`;
    case "time":
      return format(node.unix, node.style);
    default:
      return `:${node.name}:`;
  }
}

function mention(node, names) {
  const go = {
    command: () => names.useCommand?.(node.name),
    channel: names.place(node.id) && (() => names.openChannel?.(node.id)),
  }[node.type];
  if (!go) return h("span", { class: "mention" }, word(node, names));
  return h("button", { type: "button", class: "mention", onClick: go }, word(node, names));
}

/** A text as one would read it aloud. */
export function plainText(source, names) {
  return plain(parse(source ?? ""), (node) => word(node, names));
}

/** Words that stay covered until somebody asks for them. */
function spoiler(children) {
  const cover = h(
    "span",
    { class: "spoiler", role: "button", tabindex: 0, "aria-label": "Spoiler, hidden", "aria-expanded": "false" },
    h("span", { "aria-hidden": "true" }, children),
  );
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const open = h("span", { class: "spoiler open", tabindex: -1 }, [...cover.firstChild.childNodes]);
    cover.replaceWith(open);
    open.focus();
  };
  cover.addEventListener("click", reveal);
  cover.addEventListener("keydown", reveal);
  return cover;
}
