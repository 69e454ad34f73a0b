/**
 * The list of messages of the channel that is shown.
 * @module messages
 */
import { available } from "./commands.js";
import { fill, h, swapKeepingFocus } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { drawMessage, invocation, source, words } from "./message.js";
import { isPrivate } from "./store.js";
import { dayName, format } from "./time.js";

const GROUP_WITHIN = 7 * 60_000; // ms, as Discord groups
const AT_END = 48; // px from the end that still count as being there
const FLASH = 2500; // ms for which a message stays lit that one jumped to

export class Messages {
  #items = new Map();
  #pending = new Map();
  #failures = new Map();
  #revealed = new Set();
  #said = new Map();
  #pinned = true; // the reader is at the end, and stays there
  #shown = "";

  /**
   * @param {{scroller: HTMLElement, list: HTMLElement, jump: HTMLElement, empty: HTMLElement}} parts
   * @param {import("./store.js").Store} store
   * @param {import("./actions.js").Actions} actions
   * @param {import("./notices.js").Notices} notices
   * @param {import("./richtext.js").Names} names
   */
  constructor(parts, store, actions, notices, names) {
    Object.assign(this, { ...parts, store, actions, notices, names });
    for (const type of ["world", "channel"]) store.addEventListener(type, () => this.#drawAll());
    store.addEventListener("message", ({ detail }) => this.#change(detail));
    actions.addEventListener("pending", ({ detail }) => this.#sent(detail));
    actions.addEventListener("settled", ({ detail }) => this.#settled(detail));
    this.scroller.addEventListener("scroll", () => {
      this.#pinned = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < AT_END;
      this.jump.hidden = this.#pinned;
    }, { passive: true });
    this.jump.addEventListener("click", () => this.toEnd());
    // Pictures that load and cards that grow must not push the newest message out of sight.
    const follow = new ResizeObserver(() => this.#pinned && this.toEnd());
    follow.observe(this.list);
    follow.observe(this.scroller);
  }

  toEnd() {
    this.#pinned = true;
    this.jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** Go to a message, or only to its channel: open the channel, light the message, and put the focus on it. */
  go({ channelId, messageId }) {
    if (!this.store.place(channelId)) return this.notices.toast("You cannot see that channel.");
    if (channelId !== this.store.channelId) this.store.open(channelId);
    if (!messageId) return;
    const row = this.#items.get(messageId);
    if (!row) return this.notices.toast("That message is gone, or lies further back than this page shows.");
    this.#pinned = false; // else a picture that loads late would pull the reader to the end
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
    row.classList.add("flash");
    setTimeout(() => row.classList.remove("flash"), FLASH);
  }

  #drawAll() {
    const list = this.store.list();
    this.notices.quiet();
    this.#items.clear();
    const shown = `${this.store.world.you} ${this.store.channelId}`;
    const moved = shown !== this.#shown;
    this.#shown = shown;
    if (moved) this.#pending.clear();
    const waiting = moved ? [] : [...this.list.querySelectorAll(".pending")];
    const rows = [];
    let before = null;
    for (const message of list) {
      rows.push(...this.#rows(message, before));
      before = message;
    }
    fill(this.list, rows, waiting);
    this.#showEmpty();
    if (this.#pinned || moved) this.toEnd();
  }

  /** A message's row, behind a day's heading where a day begins. */
  #rows(message, before) {
    const row = this.#draw(message, before);
    this.#items.set(message.id, row);
    const date = new Date(message.timestamp);
    if (before && new Date(before.timestamp).toDateString() === date.toDateString()) return [row];
    return [h("li", { class: "day" }, h("span", {}, dayName(date))), row];
  }

  #draw(message, before) {
    const author = available(this.store.world.commands, this.store.where, 2).length > 0;
    return drawMessage(message, {
      store: this.store,
      names: this.names,
      directory: this.directory(),
      revealed: this.#revealed,
      grouped: Boolean(before) && follows(message, before),
      failure: this.#failures.get(message.id),
      use: (...used) => this.#use(...used),
      menu: (target, anchor) => this.#menu(target, anchor),
      authorMenu: author ? (target, anchor) => this.#authorMenu(target, anchor) : null,
      dismiss: (target) => this.actions.remove(target),
    });
  }

  /** What selects and options may name here. */
  directory() {
    const { guild } = this.store.place() ?? {};
    const everybody = [...this.store.world.users, this.store.bot];
    const members = guild?.members ? everybody.filter((user) => guild.members.includes(user.id)) : everybody;
    return { users: members, roles: guild?.roles ?? [], channels: guild?.channels ?? [] };
  }

  #change({ kind, message }) {
    if (message.channel_id !== this.store.channelId) return kind === "new" && this.#call(message);
    const row = this.#items.get(message.id);
    if (kind === "delete") {
      this.#items.delete(message.id);
      this.#removeRow(row);
    } else if (row) {
      this.#failures.delete(message.id);
      this.#replace(message, row);
    } else {
      const before = this.store.list().at(-2) ?? null;
      const firstPending = [...this.#pending.values()][0];
      const rows = this.#rows(message, before);
      if (firstPending) firstPending.before(...rows);
      else this.list.append(...rows);
      if (message.author.id === this.store.world.you) this.toEnd();
    }
    this.#showEmpty();
    if (kind !== "delete") this.#announce(message);
  }

  #replace(message, row) {
    const list = this.store.list();
    const fresh = this.#draw(message, list[list.findIndex(({ id }) => id === message.id) - 1] ?? null);
    this.#items.set(message.id, fresh);
    swapKeepingFocus(row, fresh);
  }

  #removeRow(row) {
    if (!row) return;
    const hadFocus = row.contains(document.activeElement);
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    const day = row.previousElementSibling;
    if (day?.matches(".day") && !row.nextElementSibling?.matches(".message")) day.remove(); // it headed this one only
    row.remove();
    if (hadFocus) (neighbour?.isConnected && neighbour.matches(".message") ? neighbour : this.scroller).focus();
    const following = neighbour?.dataset?.messageId;
    const message = following && this.store.message(this.store.channelId, following);
    if (message && neighbour.isConnected) this.#replace(message, neighbour); // it may have been grouped with this one
  }

  #announce(message) {
    const text = words(message, this.names).split("\n").slice(0, 2).join(", ");
    if (!text || this.#said.get(message.id) === text || message.author.id === this.store.world.you) return;
    this.#said.set(message.id, text);
    this.notices.announce(`${message.author.global_name || message.author.username}: ${text}`);
  }

  /** Say that somebody called you elsewhere; the channel's mark shows it to the eye. */
  #call(message) {
    if (message.author.id === this.store.world.you || !this.store.callsYou(message)) return;
    const { guild, channel } = this.store.place(message.channel_id);
    const who = message.author.global_name || message.author.username;
    this.notices.announce(guild ? `${who} mentioned you in #${channel.name}` : `${who} sent you a direct message`);
  }

  async #use(message, component, values, control) {
    this.#failures.delete(message.id);
    control.closest(".message")?.querySelector(".failure")?.remove();
    control.classList.add("busy");
    control.setAttribute("aria-busy", "true");
    const answer = await this.actions.component(message, component, values);
    control.classList.remove("busy");
    control.removeAttribute("aria-busy");
    if (answer.type !== "failed" && answer.type !== "error") return;
    this.#failures.set(message.id, answer.text ?? "This interaction failed.");
    const row = this.#items.get(message.id);
    const current = this.store.message(message.channel_id, message.id);
    if (row && current) this.#replace(current, row);
  }

  #sent({ id, channelId, label }) {
    if (channelId !== this.store.channelId) return;
    const row = h(
      "li",
      { class: "pending", dataset: { testid: "pending" } },
      h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      h("span", {}, "Sending ", h("b", {}, label), "…"),
    );
    this.#pending.set(id, row);
    this.list.append(row);
    this.#showEmpty();
    this.toEnd();
  }

  #settled({ id, answer }) {
    const row = this.#pending.get(id);
    this.#pending.delete(id);
    if (!row?.isConnected) {
      if (answer.type === "failed" || answer.type === "error") this.notices.toast(answer.text);
      return;
    }
    if (answer.type !== "failed" && answer.type !== "error") {
      row.remove();
      return this.#showEmpty();
    }
    row.className = "pending failed";
    fill(
      row,
      h(
        "p",
        { class: "failure", role: "alert", dataset: { testid: "failure" } },
        icon("warning"),
        answer.text ?? "The application did not respond",
      ),
      h("button", { type: "button", class: "text-button", onClick: () => {
        row.remove();
        this.#showEmpty();
      } }, "Dismiss"),
    );
  }

  #showEmpty() {
    this.empty.hidden = this.list.childElementCount > 0;
  }

  #menu(message, anchor) {
    const commands = available(this.store.world.commands, this.store.where, 3);
    const text = source(message);
    const copy = (value, what) => () => navigator.clipboard.writeText(value).then(
      () => this.notices.toast(`${what} copied.`, "info"),
      () => this.notices.toast("The browser did not allow copying."),
    );
    openMenu(anchor, "Message", [
      ...(commands.length ? [
        { heading: "Apps" },
        ...commands.map(
          (command) => ({
            label: command.name,
            icon: "bolt",
            run: () => this.actions.menuCommand("message_command", command, message.id),
          }),
        ),
      ] : []),
      { heading: "Message" },
      ...(text ? [{ label: "Copy text", icon: "copy", run: copy(text, "Text") }] : []),
      { label: "Copy message ID", icon: "copy", run: copy(message.id, "ID") },
      ...this.#removal(message),
      { note: `Sent ${format(Date.parse(message.timestamp) / 1000, "F")}` },
    ]);
  }

  #removal(message) {
    const run = () => this.actions.remove(message);
    if (isPrivate(message)) return [{ label: "Dismiss message", icon: "close", run }];
    const may = message.author.id === this.store.world.you || this.store.moderator;
    return may ? [{ label: "Delete message", icon: "trash", danger: true, run }] : [];
  }

  #authorMenu(message, anchor) {
    const commands = available(this.store.world.commands, this.store.where, 2);
    openMenu(
      anchor,
      "Member",
      commands.map(
        (command) => ({
          label: command.name,
          icon: "bolt",
          run: () => this.actions.menuCommand("user_command", command, message.author.id),
        }),
      ),
      { align: "start" },
    );
  }
}

/** Whether a message is drawn without a head, as it closely follows one of the same author. */
function follows(message, before) {
  const apart = Date.parse(message.timestamp) - Date.parse(before.timestamp);
  const same = before.author.id === message.author.id && isPrivate(before) === isPrivate(message);
  return same && apart < GROUP_WITHIN && !invocation(message);
}
