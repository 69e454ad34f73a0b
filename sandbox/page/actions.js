/** What the user does. Each action sends one frame; a modal in the answer opens. */
import { Emitter } from "./events.js";
import { say } from "./words.js";

/**
 * Events: `pending` (detail `{id, channelId, label}`) when a command was sent, `settled` (detail `{id, answer}`) when
 * its answer came.
 */
export class Actions extends Emitter {
  #count = 0;

  /**
   * @param {Store} store
   * @param {import("./socket.js").Socket} socket
   * @param {Notices} notices
   * @param {(modal: Discord.Modal, submit: (components: object[]) => Promise<Discord.Answer>) => void} openModal
   */
  constructor(store, socket, notices, openModal) {
    super();
    this.store = store;
    this.socket = socket;
    this.notices = notices;
    this.openModal = openModal;
  }

  /** Run a slash command. @param {Entry} entry @param {object[]} options */
  command(entry, options) {
    return this.#invoke("command", entry.label, { command_id: entry.command.id, options });
  }

  /** Run a command of a menu. @param {string} type of the frame @param {Discord.Command} command @param {string} targetId */
  menuCommand(type, command, targetId) {
    return this.#invoke(type, command.name, { command_id: command.id, target_id: targetId });
  }

  /** Press a button or choose in a select. @param {Discord.Message} message @param {Discord.Component} component */
  component(message, component, /** @type {string[] | undefined} */ values) {
    const target = { channel_id: message.channel_id, message_id: message.id };
    return this.#request("component", {
      ...target,
      custom_id: component.custom_id,
      component_type: component.type,
      values,
    });
  }

  /** Ask the bot for suggestions; none if it does not answer. @param {Entry} entry @param {object[]} options */
  async suggestions(entry, options) {
    const fields = { ...this.#here(), command_id: entry.command.id, options };
    const answer = await this.socket.request("autocomplete", fields);
    return answer.type === "choices" ? (answer.choices ?? []) : [];
  }

  /** Post a message. @param {string} content @returns {boolean} whether it was sent */
  say(content) {
    return this.#notify("say", { channel_id: this.store.channelId, content });
  }

  /** Delete a message, or dismiss a private one. @param {Discord.Message} message */
  remove(message) {
    return this.#notify("delete", { channel_id: message.channel_id, message_id: message.id });
  }

  async #invoke(type, label, fields) {
    const id = `pending-${++this.#count}`;
    this.emit("pending", { id, channelId: this.store.channelId, label });
    const answer = await this.#request(type, { ...this.#here(), ...fields });
    this.emit("settled", { id, answer });
  }

  #here() {
    return { guild_id: this.store.where.guildId, channel_id: this.store.channelId };
  }

  async #request(type, fields) {
    const answer = await this.socket.request(type, fields);
    const { modal, interaction_id } = answer;
    if (modal) {
      const { custom_id } = modal;
      this.openModal(modal, (components) =>
        this.socket.request("modal_submit", { interaction_id, custom_id, components }),
      );
    }
    return answer;
  }

  #notify(type, fields) {
    const sent = this.socket.notify(type, fields);
    if (!sent) this.notices.toast(say("Not connected: nothing was sent."));
    return sent;
  }
}
