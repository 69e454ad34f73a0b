/**
 * One message as an element.
 * @module message
 */
import { drawComponents, fileCard, safeAddress } from "./components.js";
import { h, shorten } from "./dom.js";
import { gallery } from "./gallery.js";
import { avatar, icon } from "./icons.js";
import { plainText, richLine, richText } from "./richtext.js";
import { isLoading, isPrivate } from "./store.js";
import { clockTime, format } from "./time.js";

const COMPONENTS_V2 = 1 << 15;

/** The command that a message answers, as `{user, name}`, or null. */
export function invocation(message) {
  const meta = message.interaction_metadata;
  const name = meta?.name ?? message.interaction?.name;
  return meta && name && !meta.original_response_message_id
    ? { user: meta.user ?? message.interaction?.user, name }
    : null;
}

/** All that a message says, as it was written. */
export function source(message) {
  const embeds = (message.embeds ?? []).flatMap((embed) => [embed.title, embed.description]);
  return [message.content, ...embeds, ...texts(message.components)].filter(Boolean).join("\n").trim();
}

/** All that a message says, as one would read it aloud. */
export function words(message, names) {
  return isLoading(message) ? "is thinking…" : plainText(source(message), names);
}

function texts(components) {
  return (components ?? []).flatMap((component) => [
    component.type === 10 ? component.content : null,
    ...texts(component.components),
  ]);
}

/**
 * @typedef {object} Surroundings
 * @property {import("./store.js").Store} store
 * @property {import("./richtext.js").Names} names
 * @property {import("./select.js").Directory} directory
 * @property {Set<string>} revealed
 * @property {boolean} grouped follows another one of the same author closely
 * @property {string} [failure] what went wrong when a control of it was used
 * @property {(message: object, component: object, values: string[]|undefined, control: HTMLElement) => void} use
 * @property {(message: object, anchor: HTMLElement) => void} menu
 * @property {((message: object, anchor: HTMLElement) => void)|null} authorMenu null: nothing to offer
 * @property {(message: object) => void} dismiss
 */

/**
 * Draw a message.
 * @param {object} message in Discord's form
 * @param {Surroundings} around
 * @returns {HTMLElement} a list item
 */
export function drawMessage(message, around) {
  const { store, names } = around;
  const author = { ...store.user(message.author.id), ...pick(message.author) };
  const name = author.global_name || author.username;
  const when = new Date(message.timestamp);
  const context = contextLine(message, around);
  const grouped = around.grouped && !context;
  const mine = store.namesYou(message);
  const drawing = {
    names, directory: around.directory, revealed: around.revealed, attachments: message.attachments ?? [],
    use: (component, values, control) => around.use(message, component, values, control),
  };
  return h(
    "li",
    {
      class: [
        "message",
        grouped && "grouped",
        isPrivate(message) && "private",
        mine && "mentions-you",
      ].filter(Boolean).join(" "),
      dataset: {
        testid: "message",
        messageId: message.id,
        author: author.username,
        private: String(isPrivate(message)),
        loading: String(isLoading(message)),
        mentionsYou: String(mine),
      },
      tabindex: -1,
    },
    context,
    h(
      "div",
      { class: "gutter" },
      grouped ? h("time", { class: "gutter-time", datetime: when.toISOString() }, clockTime(when)) : avatar(author),
    ),
    h(
      "div",
      { class: "body" },
      grouped ? null : byline(message, author, name, when, around),
      mine ? h("span", { class: "hidden" }, "This message mentions you.") : null,
      isLoading(message) ? thinking(name) : content(message, drawing),
      around.failure
        ? h("p", { class: "failure", role: "alert", dataset: { testid: "failure" } }, icon("warning"), around.failure)
        : null,
      isPrivate(message) ? privateNote(message, around) : null,
    ),
    h("div", { class: "tools" }, menuButton(message, name, around)),
  );
}

function pick(author) {
  return Object.fromEntries(Object.entries(author).filter(([, value]) => value !== null && value !== undefined));
}

function byline(message, author, name, when, around) {
  const named = around.authorMenu
    ? h(
      "button",
      {
        type: "button",
        class: "author",
        "aria-haspopup": "menu",
        dataset: { key: "author" },
        onClick: (event) => around.authorMenu(message, event.currentTarget),
      },
      name,
    )
    : h("span", { class: "author" }, name);
  return h(
    "p",
    { class: "byline" },
    named,
    author.bot ? h("span", { class: "app-badge" }, "app") : null,
    h("time", { datetime: when.toISOString(), title: format(when.valueOf() / 1000, "F") }, clockTime(when)),
    message.edited_timestamp && !isLoading(message)
      ? h(
        "span",
        {
          class: "edited",
          title: format(Date.parse(message.edited_timestamp) / 1000, "F"),
          dataset: { testid: "edited" },
        },
        "edited",
      )
      : null,
  );
}

function contextLine(message, around) {
  const used = invocation(message);
  if (used) {
    const user = { ...around.store.user(used.user?.id), ...pick(used.user ?? {}) };
    const typed = message.type === 23 ? used.name : `/${used.name}`;
    return h(
      "p",
      { class: "context", dataset: { testid: "used" } },
      avatar(user, "tiny"),
      h(
        "span",
        {},
        h("b", {}, user.global_name || user.username),
        " used ",
        h("span", { class: "command-name" }, typed),
      ),
    );
  }
  const reference = message.referenced_message;
  if (!reference && !message.message_reference?.message_id) return null;
  const original = reference ?? around.store.message(message.channel_id, message.message_reference.message_id);
  if (!original) return h("p", { class: "context" }, h("i", {}, "The original message was deleted."));
  const text = shorten(words(original, around.names).split("\n")[0], 90);
  return h(
    "p",
    { class: "context", dataset: { testid: "reply" } },
    avatar({ ...around.store.user(original.author.id), ...pick(original.author) }, "tiny"),
    h(
      "button",
      {
        type: "button",
        class: "context-text",
        title: "Go to that message",
        dataset: { key: "reply" },
        onClick: () => around.names.go?.({ channelId: original.channel_id, messageId: original.id }),
      },
      h("b", {}, original.author.global_name || original.author.username),
      " ",
      text || h("i", {}, "a card"),
    ),
  );
}

function thinking(name) {
  return h(
    "p",
    { class: "thinking" },
    h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
    `${name} is thinking…`,
  );
}

function content(message, drawing) {
  const v2 = Boolean((message.flags ?? 0) & COMPONENTS_V2);
  return [
    message.content ? richText(message.content, drawing.names) : null,
    ...(message.embeds ?? []).map((embed) => drawEmbed(embed, drawing)),
    v2 ? null : attachments(message.attachments ?? [], drawing),
    message.components?.length
      ? h("div", { class: "components" }, drawComponents(message.components, drawing))
      : null,
  ];
}

/** In a Components V2 message files show only where a component shows them; elsewhere they come by themselves. */
function attachments(files, drawing) {
  const isPicture = (file) => (file.content_type ?? "").startsWith("image/") || Boolean(file.width);
  const pictures = files.filter(isPicture).map((file) => ({
    url: safeAddress(file.url),
    alt: file.description ?? "",
    width: file.width,
    height: file.height,
    spoiler: file.filename.startsWith("SPOILER_"),
  }));
  const others = files.filter((file) => !isPicture(file)).map((file) => fileCard(
    { url: safeAddress(file.url), name: file.filename, size: file.size },
    file.filename.startsWith("SPOILER_"),
    drawing.revealed,
  ));
  return [pictures.length ? gallery(pictures, drawing.revealed) : null, ...others];
}

function drawEmbed(embed, drawing) {
  const accent = typeof embed.color === "number"
    ? { "--accent-bar": `#${embed.color.toString(16).padStart(6, "0")}` }
    : {};
  const title = embed.url
    ? h(
      "a",
      { href: safeAddress(embed.url), target: "_blank", rel: "noopener noreferrer" },
      richLine(embed.title, drawing.names),
    )
    : richLine(embed.title, drawing.names);
  return h(
    "div",
    { class: "container embed accented", style: accent, dataset: { testid: "embed" } },
    embed.author?.name ? h("p", { class: "embed-author" }, embed.author.name) : null,
    embed.title ? h("p", { class: "heading h3" }, title) : null,
    embed.description ? richText(embed.description, drawing.names) : null,
    embed.fields?.length
      ? h(
        "dl",
        { class: "fields" },
        embed.fields.map((field) => h(
          "div",
          { class: field.inline ? "inline" : "" },
          h("dt", {}, richLine(field.name, drawing.names)),
          h("dd", {}, richText(field.value, drawing.names)),
        )),
      )
      : null,
    embed.image?.url
      ? gallery(
        [{
          url: safeAddress(embed.image.url),
          alt: embed.image.description ?? embed.title ?? "",
          width: embed.image.width,
          height: embed.image.height,
        }],
        drawing.revealed,
      )
      : null,
    embed.footer?.text ? h("p", { class: "subtext" }, embed.footer.text) : null,
  );
}

function privateNote(message, around) {
  return h(
    "p",
    { class: "private-note" },
    icon("eye"),
    h("span", {}, "Only you can see this"),
    h("span", { "aria-hidden": "true" }, "·"),
    h(
      "button",
      {
        type: "button",
        class: "text-button",
        dataset: { key: "dismiss", testid: "dismiss" },
        onClick: () => around.dismiss(message),
      },
      "Dismiss message",
    ),
  );
}

function menuButton(message, name, around) {
  return h(
    "button",
    {
      type: "button",
      class: "round small",
      "aria-label": `More about the message of ${name}`,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      dataset: { key: "menu", testid: "message-menu" },
      onClick: (event) => around.menu(message, event.currentTarget),
    },
    icon("more"),
  );
}
