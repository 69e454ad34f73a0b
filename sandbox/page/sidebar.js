/** The left column: servers, channels, direct messages, and the current user. */
import { h, part, refill } from "./dom.js";
import { avatar, badge, icon } from "./icons.js";
import { openMenu } from "./popup.js";
import { displayName } from "./store.js";
import { dateLocale, say, sayCount } from "./words.js";

export class Sidebar {
  /** @param {Store} store @param {{openChannel: (id: string) => void, switchUser: (id: string) => void}} handlers */
  constructor(store, { openChannel, switchUser }) {
    this.store = store;
    this.openChannel = openChannel;
    this.switchUser = switchUser;
    store.on("world channel unread bot", () => this.#draw());
  }

  #draw() {
    const { guilds, bot, private: direct = [] } = this.store.world;
    const sections = guilds.map(({ name, channels }) => {
      const items = channels.map((channel) => this.#drawChannel(channel.id, icon("hash"), channel.name, channel.nsfw));
      return drawSection(name, badge(name), items);
    });
    const { directId } = this.store;
    if (directId) {
      const presence = h("span.presence", { class: bot.online && "online" });
      const items = direct.map(({ id, with: other }) => {
        const user = /** @type {Discord.User} */ (this.store.user(other));
        return this.#drawChannel(id, avatar(user, "tiny"), displayName(user));
      });
      const face = h("span.faced", avatar(this.store.bot, "tiny"), presence);
      const mark = h("span.badge.direct", { "aria-hidden": "true" }, icon("at"));
      sections.push(
        drawSection(say("Direct messages"), mark, [this.#drawChannel(directId, face, bot.username), ...items]),
      );
    }
    refill(part("channels"), sections);
    refill(part("you"), this.#drawYou());
  }

  #drawChannel(id, mark, name, nsfw = false) {
    const unread = this.store.unread.has(id);
    const mentions = this.store.unread.get(id) ?? 0;
    const attributes = {
      class: [unread && "unread", mentions > 0 && "called"],
      "aria-current": id === this.store.channelId ? "page" : null,
      key: id,
      testid: "channel",
      dataset: { channelId: id },
      onClick: () => this.openChannel(id),
    };
    const button = h(
      "button.channel",
      attributes,
      mark,
      h("span.channel-name", name),
      nsfw && h("span.age", { title: say("Age-restricted") }, "18+", h("span.hidden", `, ${say("Age-restricted")}`)),
      unread && h("span.hidden", mentions ? `, ${mentionCount(mentions)}` : `, ${say("new messages")}`),
      mentions > 0 && h("span.calls", { "aria-hidden": "true", testid: "calls" }, mentions),
    );
    return h("li", button);
  }

  #drawYou() {
    const { you } = this.store;
    const name = displayName(you);
    const attributes = {
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-label": say("You are {name}. Be somebody else", { name }),
      key: "you",
      testid: "user-switch",
      onClick: ({ currentTarget }) => this.#openSwitch(currentTarget),
    };
    const text = h("span.you-text", h("span.you-name", name), h("span.you-role", roleOf(you)));
    return h("button.you", attributes, avatar(you, "small"), text, icon("chevron"));
  }

  #openSwitch(anchor) {
    const { users, you } = this.store.world;
    const choices = users.map((user) => ({
      label: displayName(user),
      detail: roleOf(user),
      face: avatar(user, "small"),
      checked: user.id === you,
      run: () => this.switchUser(user.id),
    }));
    const title = say("Be somebody else");
    openMenu(anchor, title, [{ heading: title }, ...choices], "start");
  }
}

function drawSection(name, mark, items) {
  return h("section.guild", { "aria-label": name }, h("h2.guild-name", mark, h("span", name)), h("ul", items));
}

/** A number of mentions as a screen reader reads it. @param {number} count */
export const mentionCount = (count) => sayCount(count, "1 mention", "{count} mentions");

function roleOf(/** @type {Discord.User} */ { moderator, locale }) {
  const guilds = Object.values(moderator ?? {});
  const some = guilds.some(Boolean) ? "Moderator in one server" : "Member";
  const role = guilds.length && guilds.every(Boolean) ? "Moderator" : some;
  if (!locale || locale.startsWith("en")) return say(role);
  return say("{role}, speaks {language}", { role: say(role), language: languageName(locale) });
}

function languageName(locale) {
  try {
    return new Intl.DisplayNames(dateLocale(), { type: "language" }).of(locale) ?? locale;
  } catch {
    return locale;
  }
}
