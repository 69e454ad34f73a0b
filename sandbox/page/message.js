/**
 * Draws one message.
 * @module message
 */
/** @import { Drawing } from "./components.js" */
/** @import { Names } from "./richtext.js" */
/** @import { Store } from "./store.js" */
import { accentStyle, drawComponents, fileCard } from "./components.js";
import { h, shorten } from "./dom.js";
import { gallery } from "./gallery.js";
import { avatar, dots, icon, iconButton } from "./icons.js";
import { externalLink, safeAddress } from "./links.js";
import { plainText, richLine, richText } from "./richtext.js";
import { displayName, isLoading, isPrivate } from "./store.js";
import { clockTime, fullTime } from "./time.js";

const COMPONENTS_V2 = 1 << 15;
const CONTEXT_COMMAND = 23; // the type of a message that answers a command of a menu

/** The command that a message answers, or null. @param {Discord.Message} message */
export function invocation({ interaction_metadata: meta, interaction }) {
  const name = meta?.name ?? interaction?.name;
  return meta && name && !meta.original_response_message_id ? { user: meta.user ?? interaction?.user, name } : null;
}

/** The whole text of a message, as it was written. @param {Discord.Message} message */
export function source({ content, embeds, components }) {
  const embedded = (embeds ?? []).flatMap((embed) => [embed.title, embed.description]);
  return [content, ...embedded, ...texts(components)].filter(Boolean).join("\n").trim();
}

/** The whole text of a message, as a screen reader reads it. @param {Discord.Message} message @param {Names} names */
export function spokenText(message, names) {
  return isLoading(message) ? "is thinking…" : plainText(source(message), names);
}

/** @param {Discord.Component[] | undefined} components @returns {(string | undefined)[]} */
function texts(components) {
  return (components ?? []).flatMap(({ content, components: inner }) => [content, ...texts(inner)]);
}

/** A line that says what failed. @param {string} text */
export const failureNote = (text) => h("p.failure", { role: "alert", testid: "failure" }, icon("warning"), text);

/** @typedef {(message: Discord.Message, anchor: HTMLElement) => void} OpenMenu */

/**
 * @typedef {object} Surroundings
 * @property {Store} store
 * @property {Names} names
 * @property {Set<string>} revealed
 * @property {boolean} grouped whether it closely follows another message of the same author
 * @property {string} [failure] what went wrong when one of its controls was used
 * @property {(message: Discord.Message, component: Discord.Component, values: string[] | undefined,
 *   control: HTMLElement) => void} use
 * @property {OpenMenu} openMenu
 * @property {OpenMenu | null} openAuthorMenu null: there are no commands for it
 * @property {(message: Discord.Message) => void} dismiss
 */

/**
 * Draw a message as a list item.
 * @param {Discord.Message} message
 * @param {Surroundings} around
 */
export function drawMessage(message, around) {
  const { store, names, revealed, failure } = around;
  const author = completeUser(message.author, store);
  const name = displayName(author);
  const when = new Date(message.timestamp);
  const context = drawContext(message, around);
  const grouped = around.grouped && !context;
  const [hidden, mentioned, loading] = [isPrivate(message), store.mentionsYou(message), isLoading(message)];
  /** @type {Drawing} */
  const drawing = {
    names,
    directory: store.directory,
    revealed,
    attachments: message.attachments ?? [],
    use: (component, values, control) => around.use(message, component, values, control),
  };
  const more = iconButton("more", `More about the message of ${name}`, {
    class: "small",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    key: "menu",
    testid: "message-menu",
    onClick: ({ currentTarget }) => around.openMenu(message, currentTarget),
  });
  const row = h(
    "li.message",
    {
      testid: "message",
      dataset: {
        messageId: message.id,
        author: author.username,
        private: String(hidden),
        loading: String(loading),
        mentionsYou: String(mentioned),
      },
      tabindex: -1,
    },
    context,
    h(
      "div.gutter",
      grouped ? h("time.gutter-time", { datetime: when.toISOString() }, clockTime(when)) : avatar(author),
    ),
    h(
      "div.body",
      !grouped && byline(message, author, around),
      mentioned && h("span.hidden", "This message mentions you."),
      loading ? h("p.thinking", dots(), `${name} is thinking…`) : content(message, drawing),
      failure && failureNote(failure),
      hidden && privateNote(() => around.dismiss(message)),
    ),
    h("div.tools", more),
  );
  row.classList.toggle("grouped", grouped);
  row.classList.toggle("private", hidden);
  row.classList.toggle("mentions-you", mentioned);
  return row;
}

/** What the world knows of a user, with what the message says of it. @param {Discord.User} user @param {Store} store */
function completeUser(user, store) {
  const given = Object.entries(user).filter(([, value]) => value !== null && value !== undefined);
  return /** @type {Discord.User} */ ({ ...store.user(user.id), ...Object.fromEntries(given) });
}

/** @param {Discord.Message} message @param {Discord.User} author @param {Surroundings} around */
function byline(message, author, { openAuthorMenu }) {
  const { timestamp, edited_timestamp: edited } = message;
  const name = displayName(author);
  const when = new Date(timestamp);
  const openMenu = openAuthorMenu && {
    "aria-haspopup": "menu",
    key: "author",
    onClick: (/** @type {{currentTarget: HTMLElement}} */ { currentTarget }) => openAuthorMenu(message, currentTarget),
  };
  return h(
    "p.byline",
    openMenu ? h("button.author", openMenu, name) : h("span.author", name),
    author.bot && h("span.app-badge", "app"),
    h("time", { datetime: when.toISOString(), title: fullTime(timestamp) }, clockTime(when)),
    edited && !isLoading(message) && h("span.edited", { title: fullTime(edited), testid: "edited" }, "edited"),
  );
}

/** The line above a message: the command or the message that it answers. @param {Discord.Message} message @param {Surroundings} around */
function drawContext(message, { store, names }) {
  const used = invocation(message);
  if (used) {
    const user = completeUser(used.user ?? /** @type {Discord.User} */ ({}), store);
    const typed = message.type === CONTEXT_COMMAND ? used.name : `/${used.name}`;
    return h(
      "p.context",
      { testid: "used" },
      avatar(user, "tiny"),
      h("span", h("b", displayName(user)), " used ", h("span.command-name", typed)),
    );
  }
  const { referenced_message: referenced, message_reference: reference, channel_id: channelId } = message;
  if (!referenced && !reference?.message_id) return null;
  const original = referenced ?? store.message(channelId, reference?.message_id ?? "");
  if (!original) return h("p.context", h("i", "The original message was deleted."));
  const text = shorten(spokenText(original, names).split("\n")[0], 90);
  return h(
    "p.context",
    { testid: "reply" },
    avatar(completeUser(original.author, store), "tiny"),
    h(
      "button.context-text",
      {
        title: "Go to that message",
        key: "reply",
        onClick: () => names.go?.({ channelId: original.channel_id, messageId: original.id }),
      },
      h("b", displayName(original.author)),
      " ",
      text || h("i", "a card"),
    ),
  );
}

/** @param {Discord.Message} message @param {Drawing} drawing */
function content(message, drawing) {
  // In a Components V2 message files show only where a component shows them.
  const isV2 = Boolean((message.flags ?? 0) & COMPONENTS_V2);
  const { components } = message;
  return [
    message.content && richText(message.content, drawing.names),
    (message.embeds ?? []).map((embed) => drawEmbed(embed, drawing)),
    !isV2 && attachments(drawing),
    components?.length ? h("div.components", drawComponents(components, drawing)) : null,
  ];
}

/** @param {Drawing} drawing @returns {Child[]} */
function attachments({ attachments: files, revealed }) {
  const isSpoiler = (/** @type {Discord.Attachment} */ file) => file.filename.startsWith("SPOILER_");
  const isPicture = (/** @type {Discord.Attachment} */ file) =>
    (file.content_type ?? "").startsWith("image/") || Boolean(file.width);
  const pictures = files.filter(isPicture).map((file) => ({ ...picture(file), spoiler: isSpoiler(file) }));
  const others = files
    .filter((file) => !isPicture(file))
    .map((file) =>
      fileCard({ url: safeAddress(file.url), name: file.filename, size: file.size }, isSpoiler(file), revealed),
    );
  return [pictures.length > 0 && gallery(pictures, revealed), ...others];
}

/** @param {Discord.Media} media */
const picture = ({ url, description, width, height }, alt = "") => ({
  url: safeAddress(url),
  alt: description ?? alt,
  width,
  height,
});

/** @param {Discord.Embed} embed @param {Drawing} drawing */
function drawEmbed({ title, description, url, color, author, fields = [], image, footer }, { names, revealed }) {
  const heading = richLine(title, names);
  const drawnFields = fields.map(({ name, value, inline }) =>
    h("div", { class: inline && "inline" }, h("dt", richLine(name, names)), h("dd", richText(value, names))),
  );
  return h(
    "div.container.embed.accented",
    { style: accentStyle(color) ?? {}, testid: "embed" },
    author?.name && h("p.embed-author", author.name),
    title && h("p.heading.h3", url ? externalLink("a", url, {}, heading) : heading),
    description && richText(description, names),
    fields.length > 0 && h("dl.fields", drawnFields),
    image?.url && gallery([picture(image, title)], revealed),
    footer?.text && h("p.subtext", footer.text),
  );
}

/** @param {() => void} onClick */
function privateNote(onClick) {
  return h(
    "p.private-note",
    icon("eye"),
    h("span", "Only you can see this"),
    h("span", { "aria-hidden": "true" }, "·"),
    h("button.text-button", { key: "dismiss", testid: "dismiss", onClick }, "Dismiss message"),
  );
}
