/**
 * What the page knows: the world as the server last told it, and where the reader is in it. No DOM.
 * @module store
 */

const IS_LOADING = 1 << 7;

/** Whether a message is a deferred answer that the bot has yet to fill. */
export const isLoading = (message) => Boolean((message.flags ?? 0) & IS_LOADING);

/**
 * Events: `world` (everything may have changed), `channel` (another one is shown), `message`
 * (detail `{kind: "new"|"update"|"delete", message}`), `unread`, `bot`.
 */
export class Store extends EventTarget {
  world = null;
  channelId = null;
  /** @type {Map<string, Map<string, object>>} channel → id → message, oldest first */
  messages = new Map();
  unread = new Set();

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
    return null;
  }

  /** The channel of direct messages with the bot. */
  get directId() {
    return this.world?.direct?.id ?? null;
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
    this.unread.delete(channelId);
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
      case "bot":
        this.world.bot.online = frame.online;
        return this.#tell("bot");
    }
  }

  remove(channelId, id) {
    const message = this.message(channelId, id);
    if (!message) return;
    this.messages.get(channelId).delete(id);
    this.#tell("message", { kind: "delete", message });
  }

  #takeWorld(frame) {
    const moved = this.world?.you !== frame.you;
    this.world = frame;
    this.messages = new Map(
      Object.entries(frame.messages ?? {}).map(([id, list]) => [id, new Map(list.map((item) => [item.id, item]))]),
    );
    if (moved) this.unread.clear();
    if (!this.place()) this.channelId = frame.guilds[0]?.channels[0]?.id ?? this.directId;
    this.#tell("world");
  }

  #put(kind, message) {
    const channel = this.messages.get(message.channel_id) ?? new Map();
    this.messages.set(message.channel_id, channel);
    const known = channel.has(message.id);
    if (kind === "update" && !known) kind = "new";
    channel.set(message.id, message);
    if (kind === "new" && !known && message.channel_id !== this.channelId) {
      this.unread.add(message.channel_id);
      this.#tell("unread");
    }
    this.#tell("message", { kind: known ? "update" : "new", message });
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
