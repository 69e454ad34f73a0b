/**
 * Discord's markdown as a tree of plain objects. Pure: no DOM, so nothing here can inject anything.
 *
 * A node is `{type, …}`; inline nodes are text, strong, em, u, s, spoiler, code, link, user, role, channel, command,
 * emoji, everyone, time and br; blocks are p, h1–h3, small, quote, list and pre.
 * @module markdown
 */

const ESCAPABLE = /^\\([^\p{L}\p{N}\s])/u;
const WORD_END = /[\p{L}\p{N}]$/u;

/** Inline rules in the order in which they are tried. Each makes a node of a match, or null to decline. */
const INLINE = [
  [ESCAPABLE, (found) => text(found[1])],
  [/^(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/u, (found) => ({ type: "code", text: trimCode(found[2]) })],
  [
    /^<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/u,
    (found) => ({ type: "time", unix: Number(found[1]), style: found[2] ?? "f" }),
  ],
  [/^<@!?(\d+)>/u, (found) => ({ type: "user", id: found[1] })],
  [/^<@&(\d+)>/u, (found) => ({ type: "role", id: found[1] })],
  [/^<#(\d+)>/u, (found) => ({ type: "channel", id: found[1] })],
  [/^<\/([^:>]{1,100}):(\d+)>/u, (found) => ({ type: "command", name: found[1], id: found[2] })],
  [/^<a?:(\w{2,32}):\d+>/u, (found) => ({ type: "emoji", name: found[1] })],
  [/^@(everyone|here)\b/u, (found) => ({ type: "everyone", name: found[1] })],
  [
    /^\[((?:\\.|[^\]\\\n])+)\]\(<?(https?:\/\/[^\s<>)]+)>?(?:\s+"[^"\n]*")?\)/u,
    (found) => link(found[2], inline(found[1], true)),
  ],
  [/^<(https?:\/\/[^\s<>]+)>/u, (found) => link(found[1])],
  [/^https?:\/\/[^\s<>|*~`"]*[^\s<>|*~`".,:;!?')\]]/u, (found, inLink) => (inLink ? null : link(found[0]))],
  [/^\|\|((?:\\[\s\S]|(?!\|\|)[\s\S])+)\|\|/u, (found, inLink) => wrap("spoiler", found[1], inLink)],
  [/^\*\*((?:\\[\s\S]|(?!\*\*)[\s\S])+\*?)\*\*(?!\*)/u, (found, inLink) => wrap("strong", found[1], inLink)],
  [/^__((?:\\[\s\S]|(?!__)[\s\S])+)__(?!_)/u, (found, inLink) => wrap("u", found[1], inLink)],
  [/^~~((?:\\[\s\S]|(?!~~)[\s\S])+)~~/u, (found, inLink) => wrap("s", found[1], inLink)],
  [
    /^\*(?![\s*])((?:\\[\s\S]|\*\*(?:\\[\s\S]|(?!\*\*)[\s\S])+\*\*|[^*\\])+?)(?<!\s)\*(?!\*)/u,
    (found, inLink) => wrap("em", found[1], inLink),
  ],
  [
    /^_((?:\\[\s\S]|__(?:\\[\s\S]|(?!__)[\s\S])+__|[^_\\])+)_(?![_\p{L}\p{N}])/u,
    (found, inLink) => wrap("em", found[1], inLink),
  ],
  [/^\n/u, () => ({ type: "br" })],
];

const text = (value) => ({ type: "text", text: value });
const wrap = (type, inner, inLink) => ({ type, children: inline(inner, inLink) });
const link = (url, children = [text(url)]) => ({ type: "link", url, children });
const trimCode = (code) => (/^ .*\S.* $/u.test(code) ? code.slice(1, -1) : code);

/**
 * Read inline markdown.
 * @param {string} source
 * @param {boolean} [inLink] links hold no links
 * @returns {object[]}
 */
export function inline(source, inLink = false) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(text(plain));
    plain = "";
  };
  for (let rest = source; rest; ) {
    const found = /^[\\`<@[h|*_~\n]/u.test(rest) ? firstRule(rest, inLink, plain) : null;
    if (found) {
      if (found.node.type === "text") plain += found.node.text;
      else {
        flush();
        nodes.push(found.node);
      }
      rest = rest.slice(found.length);
    } else {
      const next = String.fromCodePoint(rest.codePointAt(0));
      plain += next;
      rest = rest.slice(next.length);
    }
  }
  flush();
  return nodes;
}

function firstRule(rest, inLink, before) {
  // snake_case and a "h" in the middle of a word open nothing.
  if (WORD_END.test(before) && /^(_(?!_)|h)/u.test(rest)) return null;
  for (const [pattern, make] of INLINE) {
    const match = pattern.exec(rest);
    const node = match && make(match, inLink);
    if (node) return { node, length: match[0].length };
  }
  return null;
}

/**
 * Read a whole message or text display.
 * @param {string} source
 * @returns {object[]} blocks
 */
export function parse(source) {
  const blocks = [];
  const fence = /```(?:([\w+#.-]{1,20})\n)?([\s\S]*?)```/gu;
  let from = 0;
  for (const found of source.matchAll(fence)) {
    if (source[found.index - 1] === "\\" || !found[2].trim()) continue;
    blocks.push(...lines(source.slice(from, found.index).replace(/\n$/u, "")));
    blocks.push({ type: "pre", language: found[1] ?? "", text: found[2].replace(/^\n|\n$/gu, "") });
    from = found.index + found[0].length;
    if (source[from] === "\n") from += 1;
  }
  blocks.push(...lines(source.slice(from)));
  return blocks;
}

function lines(source) {
  const blocks = [];
  if (!source) return blocks;
  const rows = source.split("\n");
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index];
    const last = blocks.at(-1);
    let found;
    if (row.startsWith(">>> ")) {
      blocks.push({ type: "quote", children: parse([row.slice(4), ...rows.slice(index + 1)].join("\n")) });
      break;
    } else if (row.startsWith("> ") || row === ">") {
      const quoted = [];
      for (; index < rows.length && /^>( |$)/u.test(rows[index]); index += 1) quoted.push(rows[index].slice(2));
      index -= 1;
      blocks.push({ type: "quote", children: lines(quoted.join("\n")) });
    } else if ((found = /^(#{1,3})\s+(\S.*)$/u.exec(row))) {
      blocks.push({ type: `h${found[1].length}`, children: inline(found[2]) });
    } else if ((found = /^-# (\S.*)$/u.exec(row))) {
      blocks.push({ type: "small", children: inline(found[1]) });
    } else if ((found = /^\s*(?:[-*]|(\d{1,9})\.)\s+(\S.*)$/u.exec(row))) {
      const ordered = found[1] !== undefined;
      const item = inline(found[2]);
      if (last?.type === "list" && last.ordered === ordered) last.items.push(item);
      else blocks.push({ type: "list", ordered, start: Number(found[1] ?? 1), items: [item] });
    } else if (last?.type === "p") {
      last.source += `\n${row}`;
    } else blocks.push({ type: "p", source: row });
  }
  // Bold and spoilers may run over line ends, so a paragraph is read once it is whole.
  return blocks
    .map((block) => (block.type === "p" ? { type: "p", children: inline(block.source) } : block))
    .filter((block) => block.type !== "p" || block.children.length);
}

/**
 * The words of a tree without their marks, for announcements and quotations. What a spoiler hides stays hidden.
 * @param {object[]} nodes
 * @param {(node: object) => string} word says what a mention or a moment is called
 */
export function plain(nodes, word) {
  return nodes
    .map((node) => {
      if (node.type === "br") return "\n";
      if (node.type === "spoiler") return "(spoiler)";
      if (node.type === "list") return node.items.map((item) => plain(item, word)).join("\n");
      if (node.text !== undefined) return node.text;
      return node.children ? plain(node.children, word) : word(node);
    })
    .join(nodes.some((node) => /^(p|h\d|small|quote|list|pre)$/u.test(node.type)) ? "\n" : "");
}
