/**
 * What the page knows: the world as the server last told it, and where the reader is in it. No DOM.
 * @module store
 */

const IS_PRIVATE = 1 << 6;
const IS_LOADING = 1 << 7;

/** Whether only you see a message. */
export const isPrivate = (message) => Boolean((message.flags ?? 0) & IS_PRIVATE);

/** Whether a message is a deferred answer that the bot has yet to fill. */
export const isLoading = (message) => Boolean((message.flags ?? 0) & IS_LOADING);

/**
 * Events: `world` (everything may have changed), `channel` (another one is shown), `message`
 * (detail `{kind: "new"|"update"|"delete", message}`), `unread`, `seen` (detail: the id of a channel of which
 * everything has been seen), `bot`.
 */
export class Store extends EventTarget {
  world = null;
  channelId = null;
  /** @type {Map<string, Map<string, object>>} channel → id → message, oldest first */
  messages = new Map();
  /** @type {Map<string, number>} channels with something new → how many times somebody called you there */
  unread = new Map();

  get you() {
    return this.user(this.world?.you);
  }

  user(id) {
    if (id && id === this.world?.bot.id) return this.bot;
    return this.world?.users.find((user) => user.id === id) ?? null;
  }

  get bot() {
    return { ...this.world.bot, global_name: null, bot: true };
  }

  role(id) {
    return this.world?.guilds.flatMap((guild) => guild.roles).find((role) => role.id === id) ?? null;
  }

  /** The channel with this id, as `{channel, guild}`; in direct messages the guild is null. */
  place(id = this.channelId) {
    for (const guild of this.world?.guilds ?? []) {
      const channel = guild.channels.find((candidate) => candidate.id === id);
      if (channel) return { guild, channel };
    }
    if (id && id === this.directId) {
      const channel = { id, name: this.world.bot.username, topic: "Only you and the bot read this.", nsfw: false };
      return { guild: null, channel };
    }
    const between = this.world?.private?.find((candidate) => candidate.id === id);
    if (!between) return null;
    const other = this.user(between.with);
    const name = other?.global_name || other?.username || "somebody";
    return { guild: null, private: true, channel: { id, name, topic: `Only you and ${name} read this.`, nsfw: false } };
  }

  /** The channel of direct messages with the bot. */
  get directId() {
    return this.world?.direct?.id ?? null;
  }

  /** What decides which commands are offered here; see `available` in commands.js. */
  get where() {
    const place = this.place();
    return {
      guildId: place?.guild?.id ?? null,
      nsfw: Boolean(place?.channel.nsfw),
      moderator: this.moderator,
      private: Boolean(place?.private),
      hasBot: place?.guild?.has_bot !== false && !place?.private,
      installed: Boolean(this.world?.installed),
    };
  }

  /** How many times somebody called you, everywhere. */
  get calls() {
    return [...this.unread.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Whether you may manage the server that is shown. */
  get moderator() {
    const guild = this.place()?.guild;
    return Boolean(guild && this.you?.moderator?.[guild.id]);
  }

  list(channelId = this.channelId) {
    return [...(this.messages.get(channelId)?.values() ?? [])];
  }

  message(channelId, id) {
    return this.messages.get(channelId)?.get(id) ?? null;
  }

  open(channelId) {
    if (!this.place(channelId)) return;
    this.channelId = channelId;
    this.#see();
    this.#tell("channel");
  }

  /** Take a frame of the server in. Frames of other types are somebody else's. */
  take(frame) {
    switch (frame.type) {
      case "world":
        return this.#takeWorld(frame);
      case "message":
        return this.#put("new", frame.message);
      case "message_update":
        return this.#put("update", frame.message);
      case "message_delete":
        return this.remove(frame.channel_id, frame.id);
      case "read":
        if (this.unread.delete(frame.channel_id)) this.#tell("unread");
        return;
      case "bot":
        this.world.bot.online = frame.online;
        return this.#tell("bot");
    }
  }

  remove(channelId, id) {
    const message = this.message(channelId, id);
    if (!message) return;
    const channel = this.messages.get(channelId);
    channel.delete(id);
    this.#tell("message", { kind: "delete", message });
    for (const reply of channel.values()) {
      if (reply.referenced_message?.id === id) this.#put("update", { ...reply, referenced_message: null });
    }
  }

  #takeWorld(frame) {
    this.world = frame;
    this.messages = new Map(
      Object.entries(frame.messages ?? {}).map(([id, list]) => [id, new Map(list.map((item) => [item.id, item]))]),
    );
    this.unread = new Map(Object.entries(frame.unread ?? {}));
    if (!this.place()) this.channelId = frame.guilds[0]?.channels[0]?.id ?? this.directId;
    this.#see();
    this.#tell("world");
  }

  #put(kind, message) {
    const channel = this.messages.get(message.channel_id) ?? new Map();
    this.messages.set(message.channel_id, channel);
    const known = channel.has(message.id);
    if (kind === "update" && !known) kind = "new";
    channel.set(message.id, message);
    if (kind === "new" && !known && message.author.id !== this.world.you) {
      this.unread.set(message.channel_id, (this.unread.get(message.channel_id) ?? 0) + Number(this.callsYou(message)));
      if (message.channel_id === this.channelId) this.#see();
      else this.#tell("unread");
    }
    this.#tell("message", { kind: known ? "update" : "new", message });
  }

  /** Whether a new message is a call: it names you, or is a direct one. */
  callsYou(message) {
    const direct = !this.place(message.channel_id)?.guild;
    return !isPrivate(message) && (direct || this.namesYou(message));
  }

  /** Whether a message names you, so that it notified you if it was new. */
  namesYou(message) {
    return (message.mentions ?? []).some(({ id }) => id === this.world.you);
  }

  #see() {
    if (this.unread.delete(this.channelId)) this.#tell("seen", this.channelId);
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
