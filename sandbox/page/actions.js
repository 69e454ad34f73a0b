/**
 * What a member does, and what comes of it. Every verb sends one frame and deals with the answers that are the
 * same everywhere: a modal opens, an error becomes a toast.
 * @module actions
 */

export class Actions extends EventTarget {
  /**
   * Events: `pending` (detail `{id, channelId, label}`) when a command was sent, `settled` (detail
   * `{id, answer}`) when its answer came.
   *
   * @param {import("./store.js").Store} store
   * @param {import("./socket.js").Socket} socket
   * @param {{toast: Function}} notices
   * @param {(form: object, submit: Function) => void} openModal
   */
  constructor(store, socket, notices, openModal) {
    super();
    this.store = store;
    this.socket = socket;
    this.notices = notices;
    this.openModal = openModal;
    this.count = 0;
  }

  /** Run a slash command; its row in the list says how it goes. */
  command(entry, options) {
    return this.#invoke("command", entry.label, { command_id: entry.command.id, options });
  }

  /** Run a command of a message's or a member's menu. @param {"message_command"|"user_command"} type */
  menuCommand(type, command, targetId) {
    return this.#invoke(type, command.name, { command_id: command.id, target_id: targetId });
  }

  /** Press a button or choose in a select. @returns the answer, already acted upon unless it failed */
  async component(message, component, values) {
    const answer = await this.socket.request("component", {
      channel_id: message.channel_id,
      message_id: message.id,
      custom_id: component.custom_id,
      component_type: component.type,
      ...(values ? { values } : {}),
    });
    this.#mayOpen(answer);
    return answer;
  }

  /** Ask the bot for suggestions. @returns {Promise<{name: string, value: any}[]>} empty when none came */
  async suggestions(entry, options) {
    const answer = await this.socket.request(
      "autocomplete",
      { ...this.#here(), command_id: entry.command.id, options },
    );
    return answer.type === "choices" ? answer.choices : [];
  }

  /** Say something. @returns {boolean} whether it was sent */
  say(content) {
    return this.#tell("say", { channel_id: this.store.channelId, content });
  }

  /** Delete a message, or dismiss one that only you see. */
  remove(message) {
    return this.#tell("delete", { channel_id: message.channel_id, message_id: message.id });
  }

  async #invoke(type, label, fields) {
    const id = `pending-${++this.count}`;
    const { channelId } = this.store;
    this.dispatchEvent(new CustomEvent("pending", { detail: { id, channelId, label } }));
    const answer = await this.socket.request(type, { ...this.#here(), ...fields });
    this.dispatchEvent(new CustomEvent("settled", { detail: { id, answer } }));
    this.#mayOpen(answer);
    return answer;
  }

  #here() {
    const { channelId } = this.store;
    return { guild_id: this.store.place()?.guild?.id ?? null, channel_id: channelId };
  }

  #mayOpen(answer) {
    if (answer.type !== "modal") return;
    this.openModal(answer.modal, (components) =>
      this.socket.request(
        "modal_submit",
        { interaction_id: answer.interaction_id, custom_id: answer.modal.custom_id, components },
      ),
    );
  }

  #tell(type, fields) {
    const sent = this.socket.tell(type, fields);
    if (!sent) this.notices.toast("Not connected: nothing was sent.");
    return sent;
  }
}
