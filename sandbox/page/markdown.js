/** Parses Discord's markdown to a tree of plain objects. Pure: no DOM, so nothing here can inject markup. */

/**
 * @typedef {{type: "text" | "code", text: string} | {type: "br"}
 *   | {type: "strong" | "em" | "u" | "s" | "spoiler", children: Inline[]}
 *   | {type: "link", url: string, children: Inline[]} | {type: "time", unix: number, style: string}
 *   | {type: "user" | "role" | "channel", id: string} | {type: "command", name: string, id: string}
 *   | {type: "emoji" | "everyone", name: string}} Inline
 * @typedef {{type: "p" | "h1" | "h2" | "h3" | "small", children: Inline[]} | {type: "quote", children: Block[]}
 *   | {type: "list", ordered: boolean, start: number, items: Inline[][]}
 *   | {type: "pre", language: string, text: string}} Block
 */

const ESCAPABLE = /^\\([^\p{L}\p{N}\s])/u;
const WORD_END = /[\p{L}\p{N}]$/u;
const QUOTED = /^>( |$)/u;
const HEADING = /^(#{1,3})\s+(\S.*)$/u;
const SMALL = /^-# (\S.*)$/u;
const ITEM = /^\s*(?:[-*]|(\d{1,9})\.)\s+(\S.*)$/u;

/** @returns {any} */
const text = (value) => ({ type: "text", text: value });
const link = (url, children = [text(url)]) => ({ type: "link", url, children });
const trimCode = (code) => (/^ .*\S.* $/u.test(code) ? code.slice(1, -1) : code);
const wrap = (type) => (match, inLink) => ({ type, children: inline(match[1], inLink) });

/**
 * Inline rules in the order in which they are tried. Each makes a node from a match; null: the rule does not apply.
 * @type {[RegExp, (match: RegExpExecArray, inLink: boolean) => any][]}
 */
const INLINE = [
  [ESCAPABLE, (match) => text(match[1])],
  [/^(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/u, (match) => ({ type: "code", text: trimCode(match[2]) })],
  [/^<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/u, ([, unix, style = "f"]) => ({ type: "time", unix: Number(unix), style })],
  [/^<@!?(\d+)>/u, ([, id]) => ({ type: "user", id })],
  [/^<@&(\d+)>/u, ([, id]) => ({ type: "role", id })],
  [/^<#(\d+)>/u, ([, id]) => ({ type: "channel", id })],
  [/^<\/([^:>]{1,100}):(\d+)>/u, ([, name, id]) => ({ type: "command", name, id })],
  [/^<a?:(\w{2,32}):\d+>/u, ([, name]) => ({ type: "emoji", name })],
  [/^@(everyone|here)\b/u, ([, name]) => ({ type: "everyone", name })],
  [
    /^\[((?:\\.|[^\]\\\n])+)\]\(<?(https?:\/\/[^\s<>)]+)>?(?:\s+"[^"\n]*")?\)/u,
    ([, label, url]) => link(url, inline(label, true)),
  ],
  [/^<(https?:\/\/[^\s<>]+)>/u, (match) => link(match[1])],
  [/^https?:\/\/[^\s<>|*~`"]*[^\s<>|*~`".,:;!?')\]]/u, (match, inLink) => (inLink ? null : link(match[0]))],
  [/^\|\|((?:\\[\s\S]|(?!\|\|)[\s\S])+)\|\|/u, wrap("spoiler")],
  [/^\*\*((?:\\[\s\S]|(?!\*\*)[\s\S])+\*?)\*\*(?!\*)/u, wrap("strong")],
  [/^__((?:\\[\s\S]|(?!__)[\s\S])+)__(?!_)/u, wrap("u")],
  [/^~~((?:\\[\s\S]|(?!~~)[\s\S])+)~~/u, wrap("s")],
  [/^\*(?![\s*])((?:\\[\s\S]|\*\*(?:\\[\s\S]|(?!\*\*)[\s\S])+\*\*|[^*\\])+?)(?<!\s)\*(?!\*)/u, wrap("em")],
  [/^_((?:\\[\s\S]|__(?:\\[\s\S]|(?!__)[\s\S])+__|[^_\\])+)_(?![_\p{L}\p{N}])/u, wrap("em")],
  [/^\n/u, () => ({ type: "br" })],
];

/** Parse inline markdown; a link holds no other links. @param {string} source @returns {Inline[]} */
function inline(source, inLink = false) {
  /** @type {Inline[]} */
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(text(plain));
    plain = "";
  };
  for (let rest = source; rest; ) {
    const { node, length } = nextNode(rest, inLink, plain);
    if (node.type === "text") plain += node.text;
    else {
      flush();
      nodes.push(node);
    }
    rest = rest.slice(length);
  }
  flush();
  return nodes;
}

/** The node at the beginning of a text: of the first rule that applies, else the first character. */
function nextNode(rest, inLink, before) {
  // snake_case and an "h" in the middle of a word open nothing.
  const isPlain = WORD_END.test(before) && /^(_(?!_)|h)/u.test(rest);
  for (const [pattern, make] of /^[\\`<@[h|*_~\n]/u.test(rest) && !isPlain ? INLINE : []) {
    const match = pattern.exec(rest);
    const node = match && make(match, inLink);
    if (node) return { node, length: match[0].length };
  }
  const letter = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  return { node: text(letter), length: letter.length };
}

/** Parse a whole message or text display. @param {string} source */
export function parse(source) {
  /** @type {Block[]} */
  const blocks = [];
  const fence = /```(?:([\w+#.-]{1,20})\n)?([\s\S]*?)```/gu;
  let from = 0;
  for (const match of source.matchAll(fence)) {
    if (source[match.index - 1] === "\\" || !match[2].trim()) continue;
    blocks.push(...parseLines(source.slice(from, match.index).replace(/\n$/u, "")));
    blocks.push({ type: "pre", language: match[1] ?? "", text: match[2].replace(/^\n|\n$/gu, "") });
    from = match.index + match[0].length;
    if (source[from] === "\n") from += 1;
  }
  blocks.push(...parseLines(source.slice(from)));
  return blocks;
}

function parseLines(source) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {string[]} lines of the paragraph that is open; bold and spoilers may run over line ends */
  let paragraph = [];
  const add = (...added) => {
    const children = inline(paragraph.join("\n"));
    if (children.length) blocks.push({ type: "p", children });
    paragraph = [];
    blocks.push(...added);
  };
  const rows = source.split("\n");
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index];
    const [heading, small, item] = [HEADING, SMALL, ITEM].map((pattern) => pattern.exec(row));
    if (row.startsWith(">>> ")) {
      add({ type: "quote", children: parse([row.slice(4), ...rows.slice(index + 1)].join("\n")) });
      break;
    } else if (QUOTED.test(row)) {
      const quoted = [];
      for (; index < rows.length && QUOTED.test(rows[index]); index += 1) quoted.push(rows[index].slice(2));
      index -= 1;
      add({ type: "quote", children: parseLines(quoted.join("\n")) });
    } else if (heading) {
      const type = /** @type {"h1" | "h2" | "h3"} */ (`h${heading[1].length}`);
      add({ type, children: inline(heading[2]) });
    } else if (small) {
      add({ type: "small", children: inline(small[1]) });
    } else if (item) {
      const ordered = item[1] !== undefined;
      const content = inline(item[2]);
      const last = paragraph.length ? null : blocks.at(-1);
      if (last?.type === "list" && last.ordered === ordered) last.items.push(content);
      else add({ type: "list", ordered, start: Number(item[1] ?? 1), items: [content] });
    } else paragraph.push(row);
  }
  add();
  return blocks;
}

/** The text of a tree without its marks, for announcements and quotations. Spoilers stay hidden. @returns {string} */
export function plain(/** @type {(Inline | Block)[]} */ nodes, /** @type {(node: Inline) => string} */ label) {
  const isBlock = nodes.some((node) => /^(p|h\d|small|quote|list|pre)$/u.test(node.type));
  const texts = nodes.map((node) => {
    if (node.type === "br") return "\n";
    if (node.type === "spoiler") return "(spoiler)";
    if (node.type === "list") return node.items.map((item) => plain(item, label)).join("\n");
    if ("text" in node) return node.text;
    return "children" in node ? plain(node.children, label) : label(node);
  });
  return texts.join(isBlock ? "\n" : "");
}
