/**
 * What the user does. Each action sends one frame; a modal in the answer opens.
 * @module actions
 */
/** @import { Notices } from "./notices.js" */
/** @import { Socket } from "./socket.js" */
/** @import { Store } from "./store.js" */
/** @import { Entry } from "./commands.js" */

/** @typedef {(components: object[]) => Promise<Discord.Answer>} Submit sends the fields of a modal */

export class Actions extends EventTarget {
  #count = 0;

  /**
   * Events: `pending` (detail `{id, channelId, label}`) when a command was sent, `settled` (detail
   * `{id, answer}`) when its answer came.
   *
   * @param {Store} store
   * @param {Socket} socket
   * @param {Notices} notices
   * @param {(modal: Discord.Modal, submit: Submit) => void} openModal
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

  /**
   * Run a command from the menu of a message or a user.
   * @param {"message_command" | "user_command"} type
   * @param {Discord.Command} command
   * @param {string} targetId
   */
  menuCommand(type, command, targetId) {
    return this.#invoke(type, command.name, { command_id: command.id, target_id: targetId });
  }

  /**
   * Press a button or choose in a select.
   * @param {Discord.Message} message
   * @param {Discord.Component} component
   * @param {string[]} [values]
   */
  component(message, component, values) {
    return this.#request("component", {
      channel_id: message.channel_id,
      message_id: message.id,
      custom_id: component.custom_id,
      component_type: component.type,
      values, // left out of the JSON where it is undefined
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

  /** @param {string} type @param {string} label @param {object} fields */
  async #invoke(type, label, fields) {
    const id = `pending-${++this.#count}`;
    const { channelId } = this.store;
    this.dispatchEvent(new CustomEvent("pending", { detail: { id, channelId, label } }));
    const answer = await this.#request(type, { ...this.#here(), ...fields });
    this.dispatchEvent(new CustomEvent("settled", { detail: { id, answer } }));
  }

  #here() {
    return { guild_id: this.store.where.guildId, channel_id: this.store.channelId };
  }

  /** @param {string} type @param {object} fields */
  async #request(type, fields) {
    const answer = await this.socket.request(type, fields);
    const { modal, interaction_id } = answer;
    if (modal) {
      this.openModal(modal, (components) =>
        this.socket.request("modal_submit", { interaction_id, custom_id: modal.custom_id, components }),
      );
    }
    return answer;
  }

  /** @param {string} type @param {object} fields */
  #notify(type, fields) {
    const sent = this.socket.notify(type, fields);
    if (!sent) this.notices.toast("Not connected: nothing was sent.");
    return sent;
  }
}
