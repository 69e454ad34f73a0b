/**
 * The left column: servers, channels, direct messages, and who you are.
 * @module sidebar
 */
import { fill, h } from "./dom.js";
import { avatar, badge, icon } from "./icons.js";
import { openMenu } from "./menu.js";

export class Sidebar {
  /**
   * @param {{nav: HTMLElement, you: HTMLElement}} parts
   * @param {import("./store.js").Store} store
   * @param {{openChannel: (id: string) => void, become: (userId: string) => void}} verbs
   */
  constructor(parts, store, verbs) {
    Object.assign(this, { ...parts, store, verbs });
    for (const type of ["world", "channel", "unread", "bot"]) store.addEventListener(type, () => this.#draw());
  }

  #draw() {
    const { world, you } = this.store;
    const focused = this.nav.contains(document.activeElement) ? document.activeElement.dataset.channelId : null;
    fill(
      this.nav,
      world.guilds.map((guild) =>
        h(
          "section",
          { class: "guild", "aria-label": guild.name },
          h("h2", { class: "guild-name" }, badge(guild.name), h("span", {}, guild.name)),
          h(
            "ul",
            {},
            guild.channels.map((channel) => this.#channel(channel.id, icon("hash"), channel.name, channel.nsfw)),
          ),
        ),
      ),
      this.store.directId
        ? h(
            "section",
            { class: "guild", "aria-label": "Direct messages" },
            h(
              "h2",
              { class: "guild-name" },
              h("span", { class: "badge direct", "aria-hidden": "true" }, icon("at")),
              h("span", {}, "Direct messages"),
            ),
            h(
              "ul",
              {},
              this.#channel(this.store.directId, this.#face(), world.bot.username, false),
              (world.private ?? []).map(({ id, with: other }) =>
                this.#channel(id, avatar(this.store.user(other), "tiny"), nameOf(this.store.user(other)), false)),
            ),
          )
        : null,
    );
    if (focused) this.nav.querySelector(`[data-channel-id="${CSS.escape(focused)}"]`)?.focus();
    this.#drawYou(you);
  }

  #face() {
    return h(
      "span",
      { class: "faced" },
      avatar(this.store.bot, "tiny"),
      h("span", { class: `presence ${this.store.bot.online ? "online" : ""}` }),
    );
  }

  #channel(id, mark, name, nsfw) {
    const unread = this.store.unread.has(id);
    const calls = this.store.unread.get(id) ?? 0;
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: `channel${unread ? " unread" : ""}${calls ? " called" : ""}`,
          "aria-current": id === this.store.channelId ? "page" : null,
          dataset: { channelId: id, testid: "channel" }, onClick: () => this.verbs.openChannel(id),
        },
        mark,
        h("span", { class: "channel-name" }, name),
        nsfw
          ? h(
            "span",
            { class: "age", title: "Age-restricted" },
            "18+",
            h("span", { class: "hidden" }, ", age-restricted"),
          )
          : null,
        unread ? h("span", { class: "hidden" }, calls ? `, ${callsInWords(calls)}` : ", new messages") : null,
        calls ? h("span", { class: "calls", "aria-hidden": "true", dataset: { testid: "calls" } }, String(calls)) : null,
      ),
    );
  }

  #drawYou(you) {
    const role = this.#roleOf(you);
    const button = h(
      "button",
      {
        type: "button",
        class: "you",
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        "aria-label": `You are ${nameOf(you)}. Be somebody else`,
        dataset: { testid: "user-switch" },
        onClick: (event) => this.#openSwitch(event.currentTarget),
      },
      avatar(you, "small"),
      h(
        "span",
        { class: "you-text" },
        h("span", { class: "you-name" }, nameOf(you)),
        h("span", { class: "you-role" }, role),
      ),
      icon("chevron"),
    );
    const focused = this.you.contains(document.activeElement);
    fill(this.you, button);
    if (focused) button.focus();
  }

  #openSwitch(anchor) {
    openMenu(
      anchor,
      "Be somebody else",
      [
        { heading: "Be somebody else" },
        ...this.store.world.users.map((user) => ({
          label: nameOf(user),
          detail: this.#roleOf(user),
          face: avatar(user, "small"),
          checked: user.id === this.store.world.you,
          run: () => this.verbs.become(user.id),
        })),
      ],
      { align: "start" },
    );
  }

  #roleOf(user) {
    const everywhere = Object.values(user.moderator ?? {});
    const role = everywhere.length && everywhere.every(Boolean)
      ? "Moderator"
      : everywhere.some(Boolean)
      ? "Moderator in one server"
      : "Member";
    const locale = user.locale && !user.locale.startsWith("en") ? `, speaks ${languageName(user.locale)}` : "";
    return role + locale;
  }
}

/** A number of calls as one reads it aloud. */
export const callsInWords = (calls) => (calls === 1 ? "1 mention" : `${calls} mentions`);

const nameOf = (user) => user.global_name || user.username;

function languageName(locale) {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(locale) ?? locale;
  } catch {
    return locale;
  }
}
