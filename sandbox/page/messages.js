/**
 * The list of messages of the channel that is shown.
 * @module messages
 */
/** @import { Actions } from "./actions.js" */
/** @import { Target } from "./links.js" */
/** @import { Notices } from "./notices.js" */
/** @import { Names } from "./richtext.js" */
/** @import { Store } from "./store.js" */
import { fill, h, replaceKeepingFocus } from "./dom.js";
import { dots, icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { drawMessage, failureNote, invocation, source, spokenText } from "./message.js";
import { isFailure } from "./socket.js";
import { displayName, isPrivate } from "./store.js";
import { dayName, fullTime } from "./time.js";

const GROUP_WITHIN = 7 * 60_000; // ms, as Discord groups
const AT_END = 48; // px from the end that still count as the end
const FLASH = 2500; // ms for which the target of a jump stays highlighted

export class Messages {
  /** @type {Map<string, HTMLElement>} rows by message id */
  #rows = new Map();
  /** @type {Map<string, HTMLElement>} commands without an answer yet */
  #pending = new Map();
  /** @type {Map<string, string>} by message id */
  #failures = new Map();
  /** @type {Set<string>} spoilers that were uncovered */
  #revealed = new Set();
  /** @type {Map<string, string>} the last announcement by message id */
  #announced = new Map();
  #atEnd = true; // new messages scroll into view
  #shown = "";

  /**
   * @param {Record<"scroller" | "list" | "jump" | "empty", HTMLElement>} parts
   * @param {Store} store
   * @param {Actions} actions
   * @param {Notices} notices
   * @param {Names} names
   */
  constructor({ scroller, list, jump, empty }, store, actions, notices, names) {
    this.scroller = scroller;
    this.list = list;
    this.jump = jump;
    this.empty = empty;
    this.store = store;
    this.actions = actions;
    this.notices = notices;
    this.names = names;
    for (const type of ["world", "channel"]) store.addEventListener(type, () => this.#drawAll());
    store.addEventListener("message", (event) => this.#change(/** @type {CustomEvent} */ (event).detail));
    actions.addEventListener("pending", (event) => this.#showPending(/** @type {CustomEvent} */ (event).detail));
    actions.addEventListener("settled", (event) => this.#settle(/** @type {CustomEvent} */ (event).detail));
    const onScroll = () => {
      this.#atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AT_END;
      jump.hidden = this.#atEnd;
    };
    scroller.addEventListener("scroll", onScroll, { passive: true });
    jump.addEventListener("click", () => this.#toEnd());
    // Pictures that load and cards that grow must not push the newest message out of sight.
    const follow = new ResizeObserver(() => this.#atEnd && this.#toEnd());
    follow.observe(list);
    follow.observe(scroller);
  }

  #toEnd() {
    this.#atEnd = true;
    this.jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** Open a channel; if a message is named, scroll to it, highlight it and focus it. @param {Target} target */
  go({ channelId, messageId }) {
    if (!this.store.place(channelId)) return this.notices.toast("You cannot see that channel.");
    if (channelId !== this.store.channelId) this.store.open(channelId);
    if (!messageId) return;
    const row = this.#rows.get(messageId);
    if (!row) return this.notices.toast("That message is gone, or lies further back than this page shows.");
    this.#atEnd = false; // else a picture that loads late would scroll to the end
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
    row.classList.add("flash");
    setTimeout(() => row.classList.remove("flash"), FLASH);
  }

  #drawAll() {
    this.notices.clearAnnouncements();
    this.#rows.clear();
    const shown = `${this.store.world.you} ${this.store.channelId}`;
    const moved = shown !== this.#shown;
    this.#shown = shown;
    if (moved) this.#pending.clear();
    const pending = moved ? [] : [...this.list.querySelectorAll(".pending")];
    const rows = this.store.list().map((message, index, list) => this.#drawRows(message, list[index - 1]));
    fill(this.list, rows, pending);
    this.#updateEmpty();
    if (this.#atEnd || moved) this.#toEnd();
  }

  /**
   * The row of a message, and in front of it the heading of its day if it is the first of that day.
   * @param {Discord.Message} message
   * @param {Discord.Message} [previous]
   */
  #drawRows(message, previous) {
    const row = this.#draw(message, previous);
    const date = new Date(message.timestamp);
    const sameDay = previous && new Date(previous.timestamp).toDateString() === date.toDateString();
    return sameDay ? [row] : [h("li.day", h("span", dayName(date))), row];
  }

  /** @param {Discord.Message} message @param {Discord.Message} [previous] */
  #draw(message, previous) {
    const row = drawMessage(message, {
      store: this.store,
      names: this.names,
      revealed: this.#revealed,
      grouped: Boolean(previous && follows(message, previous)),
      failure: this.#failures.get(message.id),
      use: (...used) => this.#use(...used),
      openMenu: (target, anchor) => this.#openMenu(target, anchor),
      openAuthorMenu: this.store.commands(2).length ? (...target) => this.#openAuthorMenu(...target) : null,
      dismiss: (target) => this.actions.remove(target),
    });
    this.#rows.set(message.id, row);
    return row;
  }

  /** @param {{kind: "new" | "update" | "delete", message: Discord.Message}} change */
  #change({ kind, message }) {
    if (message.channel_id !== this.store.channelId) {
      if (kind === "new") this.#announceElsewhere(message);
      return;
    }
    const row = this.#rows.get(message.id);
    if (kind === "delete") {
      this.#rows.delete(message.id);
      if (row) this.#removeRow(row);
    } else if (row) {
      this.#failures.delete(message.id);
      this.#redraw(message);
    } else {
      const rows = this.#drawRows(message, this.store.list().at(-2));
      const [firstPending] = this.#pending.values();
      if (firstPending) firstPending.before(...rows);
      else this.list.append(...rows);
      if (message.author.id === this.store.world.you) this.#toEnd();
    }
    this.#updateEmpty();
    if (kind !== "delete") this.#announce(message);
  }

  /** @param {Discord.Message} message */
  #redraw(message) {
    const list = this.store.list();
    const row = this.#rows.get(message.id);
    const fresh = this.#draw(message, list[list.findIndex(({ id }) => id === message.id) - 1]);
    if (row) replaceKeepingFocus(row, fresh);
  }

  /** @param {HTMLElement} row */
  #removeRow(row) {
    const hadFocus = row.contains(document.activeElement);
    const [previous, next] = [row.previousElementSibling, row.nextElementSibling];
    if (previous?.matches(".day") && !next?.matches(".message")) previous.remove(); // it was the heading of this row only
    row.remove();
    const neighbour = next ?? previous;
    const usable = neighbour instanceof HTMLElement && neighbour.isConnected && neighbour.matches(".message");
    if (hadFocus) (usable ? neighbour : this.scroller).focus();
    const message = usable && this.store.list().find(({ id }) => id === neighbour.dataset.messageId);
    if (message) this.#redraw(message); // it may have been grouped with the removed one
  }

  /** @param {Discord.Message} message */
  #announce(message) {
    const text = spokenText(message, this.names).split("\n").slice(0, 2).join(", ");
    if (!text || this.#announced.get(message.id) === text || message.author.id === this.store.world.you) return;
    this.#announced.set(message.id, text);
    this.notices.announce(`${displayName(message.author)}: ${text}`);
  }

  /** Announce a mention in another channel. @param {Discord.Message} message */
  #announceElsewhere(message) {
    const place = this.store.place(message.channel_id);
    if (!place || message.author.id === this.store.world.you || !this.store.notifiesYou(message)) return;
    const author = displayName(message.author);
    const where = place.guild ? `mentioned you in #${place.channel.name}` : "sent you a direct message";
    this.notices.announce(`${author} ${where}`);
  }

  /**
   * @param {Discord.Message} message
   * @param {Discord.Component} component
   * @param {string[] | undefined} values
   * @param {HTMLElement} control
   */
  async #use(message, component, values, control) {
    this.#failures.delete(message.id);
    control.closest(".message")?.querySelector(".failure")?.remove();
    control.classList.add("busy");
    control.setAttribute("aria-busy", "true");
    const answer = await this.actions.component(message, component, values);
    control.classList.remove("busy");
    control.removeAttribute("aria-busy");
    if (!isFailure(answer)) return;
    this.#failures.set(message.id, answer.text ?? "This interaction failed.");
    const current = this.store.message(message.channel_id, message.id);
    if (current && this.#rows.has(message.id)) this.#redraw(current);
  }

  /** @param {{id: string, channelId: string, label: string}} sent */
  #showPending({ id, channelId, label }) {
    if (channelId !== this.store.channelId) return;
    const row = h("li.pending", { testid: "pending" }, dots(), h("span", "Sending ", h("b", label), "…"));
    this.#pending.set(id, row);
    this.list.append(row);
    this.#updateEmpty();
    this.#toEnd();
  }

  /** @param {{id: string, answer: Discord.Answer}} settled */
  #settle({ id, answer }) {
    const row = this.#pending.get(id);
    this.#pending.delete(id);
    const text = answer.text ?? "The application did not respond";
    const dismiss = () => {
      row?.remove();
      this.#updateEmpty();
    };
    if (!isFailure(answer)) dismiss();
    else if (!row?.isConnected) this.notices.toast(text);
    else {
      row.classList.add("failed");
      fill(row, failureNote(text), h("button.text-button", { onClick: dismiss }, "Dismiss"));
    }
  }

  #updateEmpty() {
    this.empty.hidden = this.list.childElementCount > 0;
  }

  /** @param {Discord.Message} message @param {HTMLElement} anchor */
  #openMenu(message, anchor) {
    const commands = this.#commandChoices(3, message.id);
    const text = source(message);
    const copy = (/** @type {string} */ value, /** @type {string} */ name) => () =>
      navigator.clipboard.writeText(value).then(
        () => this.notices.toast(`${name} copied.`, "info"),
        () => this.notices.toast("The browser did not allow copying."),
      );
    openMenu(anchor, "Message", [
      ...(commands.length ? [{ heading: "Apps" }, ...commands] : []),
      { heading: "Message" },
      ...(text ? [{ label: "Copy text", face: icon("copy"), run: copy(text, "Text") }] : []),
      { label: "Copy message ID", face: icon("copy"), run: copy(message.id, "ID") },
      ...this.#removal(message),
      { note: `Sent ${fullTime(message.timestamp)}` },
    ]);
  }

  /** @param {Discord.Message} message @param {HTMLElement} anchor */
  #openAuthorMenu(message, anchor) {
    openMenu(anchor, "Member", this.#commandChoices(2, message.author.id), "start");
  }

  /** The commands on a user (2) or a message (3) as choices of a menu. @param {2 | 3} kind @param {string} targetId */
  #commandChoices(kind, targetId) {
    const type = kind === 2 ? "user_command" : "message_command";
    return this.store
      .commands(kind)
      .map((command) => ({
        label: command.name,
        face: icon("bolt"),
        run: () => this.actions.menuCommand(type, command, targetId),
      }));
  }

  /** @param {Discord.Message} message */
  #removal(message) {
    const run = () => this.actions.remove(message);
    if (isPrivate(message)) return [{ label: "Dismiss message", face: icon("close"), run }];
    const allowed = message.author.id === this.store.world.you || this.store.moderator;
    return allowed ? [{ label: "Delete message", face: icon("trash"), danger: true, run }] : [];
  }
}

/**
 * Whether a message is drawn without a byline, because it closely follows another one of the same author.
 * @param {Discord.Message} message
 * @param {Discord.Message} previous
 */
function follows(message, previous) {
  const gap = Date.parse(message.timestamp) - Date.parse(previous.timestamp);
  const same = previous.author.id === message.author.id && isPrivate(previous) === isPrivate(message);
  return same && gap < GROUP_WITHIN && !invocation(message);
}
