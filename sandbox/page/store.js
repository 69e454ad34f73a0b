/** The state of the page: the world as the server last sent it, and the channel that is shown. No DOM. */
import { available } from "./commands.js";
import { Emitter } from "./events.js";
import { say, setLanguage } from "./words.js";

const IS_PRIVATE = 1 << 6;
const IS_LOADING = 1 << 7;

/** Whether only the current user sees a message. @param {Discord.Message} message */
export const isPrivate = (message) => Boolean((message.flags ?? 0) & IS_PRIVATE);

/** Whether a message is a deferred response that the bot has not filled yet. @param {Discord.Message} message */
export const isLoading = (message) => Boolean((message.flags ?? 0) & IS_LOADING);

/** The name to show for a user. @param {Discord.User} user */
export const displayName = (user) => user.global_name || user.username;

/**
 * Events: `world` (everything may have changed), `channel` (another one is shown), `message`
 * (detail `{kind: "new"|"update"|"delete", message}`), `unread`, `seen` (detail: the id of a channel that was read
 * to its end), `bot`.
 */
export class Store extends Emitter {
  /** @type {Discord.World | null} */
  #world = null;
  /** @type {string | null} */
  channelId = null;
  /** @type {Map<string, Map<string, Discord.Message>>} by channel id and message id, oldest first */
  messages = new Map();
  /** @type {Map<string, number>} channels with something new, and how many times you were mentioned there */
  unread = new Map();

  get world() {
    if (!this.#world) throw new Error("the world has not arrived yet");
    return this.#world;
  }

  get you() {
    return /** @type {Discord.User} */ (this.user(this.world.you));
  }

  get bot() {
    return { ...this.world.bot, global_name: null, bot: true };
  }

  /** @param {string | undefined} id @returns {Discord.User | null} */
  user(id) {
    if (id && id === this.world.bot.id) return this.bot;
    return this.world.users.find((user) => user.id === id) ?? null;
  }

  /** @param {string} id */
  role(id) {
    return this.world.guilds.flatMap((guild) => guild.roles).find((role) => role.id === id) ?? null;
  }

  /** The channel with this id. @returns {Place | null} */
  place(id = this.channelId) {
    if (!this.#world || !id) return null;
    for (const guild of this.world.guilds) {
      const channel = guild.channels.find((candidate) => candidate.id === id);
      if (channel) return { guild, channel };
    }
    if (id === this.directId) {
      const { username: name } = this.world.bot;
      return { guild: null, channel: { id, name, topic: say("Only you and the bot read this."), nsfw: false } };
    }
    const direct = this.world.private?.find((candidate) => candidate.id === id);
    if (!direct) return null;
    const other = this.user(direct.with);
    const name = other ? displayName(other) : say("somebody");
    return {
      guild: null,
      private: true,
      channel: { id, name, topic: say("Only you and {name} read this.", { name }), nsfw: false },
    };
  }

  /** The channel of direct messages with the bot. */
  get directId() {
    return this.world.direct?.id ?? null;
  }

  /**
   * The facts that decide which commands are available: `hasBot`: the bot was invited there; `installed`: you added it
   * to your account; `private`: a direct channel without the bot.
   */
  get where() {
    const place = this.place();
    return {
      guildId: place?.guild?.id ?? null,
      nsfw: Boolean(place?.channel.nsfw),
      moderator: this.#may("moderator"),
      administrator: this.#may("administrator"),
      private: Boolean(place?.private),
      hasBot: place?.guild?.has_bot !== false && !place?.private,
      installed: Boolean(this.world.installed),
    };
  }

  /** What selects and options can name here. */
  get directory() {
    const guild = this.place()?.guild;
    const everyone = this.#world ? [...this.#world.users, this.bot] : [];
    const users = everyone.filter((user) => guild?.members?.includes(user.id) ?? true);
    return { users, roles: guild?.roles ?? [], channels: guild?.channels ?? [] };
  }

  /** The commands of one kind that can be used here; see commands.js. @param {1 | 2 | 3} kind */
  commands(kind) {
    return this.#world ? available(this.#world.commands, this.where, kind) : [];
  }

  /** How many unread mentions there are in all channels. */
  get mentions() {
    return [...this.unread.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Whether you may manage the server that is shown. */
  get moderator() {
    return this.#may("moderator");
  }

  #may(/** @type {"moderator" | "administrator"} */ right) {
    const guild = this.place()?.guild;
    return Boolean(guild && this.you[right]?.[guild.id]);
  }

  /** The messages of the channel that is shown. */
  list() {
    return [...(this.messages.get(this.channelId ?? "")?.values() ?? [])];
  }

  /** @param {string} channelId @param {string} id */
  message(channelId, id) {
    return this.messages.get(channelId)?.get(id) ?? null;
  }

  /** Show another channel. @param {string} channelId */
  open(channelId) {
    if (!this.place(channelId)) return;
    this.channelId = channelId;
    this.#markSeen();
    this.emit("channel");
  }

  /** Apply a frame of the server. Frames of other types are ignored. */
  receive(frame) {
    switch (frame.type) {
      case "world":
        return this.#setWorld(frame);
      case "message":
      case "message_update":
        return this.#put(frame.message);
      case "message_delete":
        return this.#remove(frame.channel_id, frame.id);
      case "read":
        if (this.unread.delete(frame.channel_id)) this.emit("unread");
        return;
      case "bot":
        this.world.bot.online = frame.online;
        return this.emit("bot");
    }
  }

  #remove(channelId, id) {
    const channel = this.messages.get(channelId);
    const message = channel?.get(id);
    if (!channel || !message) return;
    channel.delete(id);
    this.emit("message", { kind: "delete", message });
    for (const reply of channel.values()) {
      if (reply.referenced_message?.id === id) this.#put({ ...reply, referenced_message: null });
    }
  }

  /** @param {Discord.World} world */
  #setWorld(world) {
    this.#world = world;
    setLanguage(this.you.locale);
    this.messages = new Map(
      Object.entries(world.messages ?? {}).map(([id, list]) => [id, new Map(list.map((item) => [item.id, item]))]),
    );
    this.unread = new Map(Object.entries(world.unread ?? {}));
    if (!this.place()) this.channelId = world.guilds[0]?.channels[0]?.id ?? this.directId;
    this.#markSeen();
    this.emit("world");
  }

  /** Add or replace a message. @param {Discord.Message} message */
  #put(message) {
    const { id, channel_id: channelId } = message;
    const channel = this.messages.get(channelId) ?? new Map();
    this.messages.set(channelId, channel);
    const isNew = !channel.has(id);
    channel.set(id, message);
    if (isNew && message.author.id !== this.world.you) {
      this.unread.set(channelId, (this.unread.get(channelId) ?? 0) + Number(this.notifiesYou(message)));
      if (channelId === this.channelId) this.#markSeen();
      else this.emit("unread");
    }
    this.emit("message", { kind: isNew ? "new" : "update", message });
  }

  /** Whether a new message notifies you: it mentions you, or is a direct message. @param {Discord.Message} message */
  notifiesYou(message) {
    const direct = !this.place(message.channel_id)?.guild;
    return !isPrivate(message) && (direct || this.mentionsYou(message));
  }

  /** @param {Discord.Message} message */
  mentionsYou(message) {
    return (message.mentions ?? []).some(({ id }) => id === this.world.you);
  }

  #markSeen() {
    if (this.channelId && this.unread.delete(this.channelId)) this.emit("seen", this.channelId);
  }
}
