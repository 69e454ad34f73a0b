/** Draws one message. */
import { drawComponents, fileCard } from "./components.js";
import { h, shorten } from "./dom.js";
import { gallery } from "./gallery.js";
import { avatar, dots, icon, iconButton } from "./icons.js";
import { safeAddress } from "./links.js";
import { plainText, richText } from "./richtext.js";
import { displayName, isLoading, isPrivate } from "./store.js";
import { clockTime, fullTime } from "./time.js";
import { say, sayWith } from "./words.js";

const COMPONENTS_V2 = 1 << 15;
const CONTEXT_COMMAND = 23; // the type of a message that answers a command of a menu

/** The command that a message answers, or null. @param {Discord.Message} message */
export function invocation({ interaction_metadata: meta, interaction }) {
  const name = meta?.name ?? interaction?.name;
  return meta && name && !meta.original_response_message_id ? { user: meta.user ?? interaction?.user, name } : null;
}

/** The whole text of a message, as it was written. @param {Discord.Message} message */
export function source({ content, components }) {
  return [content, ...texts(components)].filter(Boolean).join("\n").trim();
}

/** The whole text of a message, as a screen reader reads it. @param {Discord.Message} message @param {Names} names */
export function spokenText(message, names) {
  return isLoading(message) ? say("is thinking…") : plainText(source(message), names);
}

function texts(components) {
  return (components ?? []).flatMap(({ content, components: inner }) => [content, ...texts(inner)]);
}

/** A line that says what failed. @param {string} text */
export const failureNote = (text) => h("p.failure", { role: "alert", testid: "failure" }, icon("warning"), text);

/** Draw a message as a list item. @param {Discord.Message} message @param {Surroundings} around */
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
    use: (...used) => around.use(message, ...used),
  };
  const more = iconButton("more", say("More about the message of {name}", { name }), {
    class: "small",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    key: "menu",
    testid: "message-menu",
    onClick: ({ currentTarget }) => around.openMenu(message, currentTarget),
  });
  const mark = grouped ? h("time.gutter-time", { datetime: when.toISOString() }, clockTime(when)) : avatar(author);
  const dataset = {
    messageId: message.id,
    author: author.username,
    private: String(hidden),
    loading: String(loading),
    mentionsYou: String(mentioned),
  };
  const classes = [grouped && "grouped", hidden && "private", mentioned && "mentions-you"];
  return h(
    "li.message",
    { class: classes, testid: "message", dataset, tabindex: -1 },
    context,
    h("div.gutter", mark),
    h(
      "div.body",
      !grouped && byline(message, author, around),
      mentioned && h("span.hidden", say("This message mentions you.")),
      loading ? h("p.thinking", dots(), `${name} ${say("is thinking…")}`) : content(message, drawing),
      failure && failureNote(failure),
      hidden && privateNote(() => around.dismiss(message)),
    ),
    h("div.tools", more),
  );
}

/** What the world knows of a user, with what the message says of it. @returns {Discord.User} */
function completeUser(user, store) {
  const given = Object.entries(user).filter(([, value]) => value !== null && value !== undefined);
  return { ...store.user(user.id), ...Object.fromEntries(given) };
}

function byline(message, author, { openAuthorMenu }) {
  const { timestamp, edited_timestamp: edited } = message;
  const name = displayName(author);
  const when = new Date(timestamp);
  const onClick = ({ currentTarget }) => openAuthorMenu(message, currentTarget);
  return h(
    "p.byline",
    openAuthorMenu
      ? h("button.author", { "aria-haspopup": "menu", key: "author", onClick }, name)
      : h("span.author", name),
    author.bot && h("span.app-badge", "app"),
    h("time", { datetime: when.toISOString(), title: fullTime(timestamp) }, clockTime(when)),
    edited && !isLoading(message) && h("span.edited", { title: fullTime(edited), testid: "edited" }, say("edited")),
  );
}

/** The line above a message: the command or the message that it answers. */
function drawContext(/** @type {Discord.Message} */ message, { store, names }) {
  const used = invocation(message);
  if (used) {
    const user = completeUser(used.user ?? {}, store);
    const typed = message.type === CONTEXT_COMMAND ? used.name : `/${used.name}`;
    const parts = { user: h("b", displayName(user)), command: h("span.command-name", typed) };
    const text = h("span", sayWith("{user} used {command}", parts));
    return h("p.context", { testid: "used" }, avatar(user, "tiny"), text);
  }
  const { referenced_message: referenced, message_reference: reference, channel_id: channelId } = message;
  if (!referenced && !reference?.message_id) return null;
  const original = referenced ?? store.message(channelId, reference?.message_id);
  if (!original) return h("p.context", h("i", say("The original message was deleted.")));
  const text = shorten(spokenText(original, names).split("\n")[0], 90);
  const onClick = () => names.go({ channelId: original.channel_id, messageId: original.id });
  const attributes = { title: say("Go to that message"), key: "reply", onClick };
  const author = h("b", displayName(original.author));
  const quote = h("button.context-text", attributes, author, " ", text || h("i", say("a card")));
  return h("p.context", { testid: "reply" }, avatar(completeUser(original.author, store), "tiny"), quote);
}

function content(/** @type {Discord.Message} */ message, drawing) {
  // In a Components V2 message files show only where a component shows them.
  const isV2 = Boolean((message.flags ?? 0) & COMPONENTS_V2);
  const { components } = message;
  return [
    message.content && richText(message.content, drawing.names),
    !isV2 && attachments(drawing),
    components?.length ? h("div.components", drawComponents(components, drawing)) : null,
  ];
}

function attachments(/** @type {Drawing} */ { attachments: files, revealed }) {
  const isSpoiler = (file) => file.filename.startsWith("SPOILER_");
  const isPicture = (file) => (file.content_type ?? "").startsWith("image/") || Boolean(file.width);
  const pictures = files.filter(isPicture).map((file) => ({ ...picture(file), spoiler: isSpoiler(file) }));
  const others = files
    .filter((file) => !isPicture(file))
    .map((file) => {
      const { url, filename: name, size } = file;
      return fileCard({ url: safeAddress(url), name, size }, isSpoiler(file), revealed);
    });
  return [pictures.length > 0 && gallery(pictures, revealed), ...others];
}

function picture(/** @type {Discord.Media} */ { url, description, width, height }, alt = "") {
  return { url: safeAddress(url), alt: description ?? alt, width, height };
}

function privateNote(onClick) {
  const dot = h("span", { "aria-hidden": "true" }, "·");
  const dismiss = h("button.text-button", { key: "dismiss", testid: "dismiss", onClick }, say("Dismiss message"));
  return h("p.private-note", icon("eye"), h("span", say("Only you can see this")), dot, dismiss);
}
