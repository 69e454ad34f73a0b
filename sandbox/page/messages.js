/** The list of messages of the channel that is shown. */
import { fill, h, part, replaceKeepingFocus } from "./dom.js";
import { dots, icon } from "./icons.js";
import { drawMessage, failureNote, invocation, source, spokenText } from "./message.js";
import { openMenu } from "./popup.js";
import { isFailure } from "./socket.js";
import { displayName, isPrivate } from "./store.js";
import { dayElement, fullTime } from "./time.js";
import { say, sayWith } from "./words.js";

const GROUP_WITHIN = 7 * 60_000; // ms, as Discord groups
const AT_END = 48; // px from the end that still count as the end
const READING = 600; // ms after a key, the wheel or a finger in which a scroll is the reader's
const FLASH = 2500; // ms for which the target of a jump stays highlighted

export class Messages {
  /** @type {Map<string, HTMLElement>} by message id */
  #rows = new Map();
  #pending = new Map(); // rows of commands without an answer yet, by their id
  #failures = new Map(); // by message id
  #revealed = new Set(); // spoilers that were uncovered
  #announced = new Map(); // the last announcement by message id
  #atEnd = true; // new messages scroll into view, until the reader scrolls up
  #last = { top: 0, end: 0 }; // the scroll position that was seen last, and the greatest one then
  #touched = Number.NEGATIVE_INFINITY; // when the reader last used a key, the wheel or a finger here
  #shown = "";

  /** @param {Store} store @param {Actions} actions @param {Notices} notices @param {Names} names */
  constructor(store, actions, notices, names) {
    const scroller = part("scroller");
    this.scroller = scroller;
    this.list = part("messages");
    this.jump = part("jump");
    this.store = store;
    this.actions = actions;
    this.notices = notices;
    this.names = names;
    store.on("world channel", () => this.#drawAll());
    store.on("message", (change) => this.#change(change));
    actions.on("pending", (sent) => this.#showPending(sent));
    actions.on("settled", (settled) => this.#settle(settled));
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const onTouch = ({ timeStamp }) => {
      this.#touched = timeStamp;
    };
    for (const type of ["wheel", "touchmove", "keydown", "pointerdown"]) {
      scroller.addEventListener(type, onTouch, { passive: true });
    }
    this.jump.addEventListener("click", () => this.#toEnd());
    // Pictures that load and cards that grow must not push the newest message out of sight.
    const follow = new ResizeObserver(() => this.#atEnd && this.#toEnd());
    for (const element of [this.list, scroller]) follow.observe(element);
  }

  #toEnd() {
    this.#atEnd = true;
    this.jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#last = this.#position();
  }

  #position() {
    const { scrollTop: top, scrollHeight, clientHeight } = this.scroller;
    return { top, end: scrollHeight - clientHeight };
  }

  /**
   * Only the reader ends following: by moving up while the list stays as long as it was, or in any case soon after a
   * key, the wheel or a finger. The browser also moves the list, when it or the window grows or shrinks.
   */
  #scrolled() {
    const [{ top, end }, last] = [this.#position(), this.#last];
    this.#last = { top, end };
    const byReader = end === last.end || performance.now() - this.#touched < READING;
    if (end - top < AT_END) this.#atEnd = true;
    else if (top < last.top && byReader) this.#atEnd = false;
    else if (this.#atEnd) this.#toEnd();
    this.jump.hidden = this.#atEnd;
  }

  /** Open a channel; if a message is named, scroll to it, highlight it and focus it. @param {Target} target */
  go({ channelId, messageId }) {
    if (!this.store.place(channelId)) return this.notices.toast(say("You cannot see that channel."));
    if (channelId !== this.store.channelId) this.store.open(channelId);
    if (!messageId) return;
    const row = this.#rows.get(messageId);
    if (!row) return this.notices.toast(say("That message is gone, or lies further back than this page shows."));
    this.#atEnd = false; // else a picture that loads late would scroll to the end
    row.scrollIntoView({ block: "center" });
    this.#last = this.#position();
    this.jump.hidden = this.#last.end - this.#last.top < AT_END;
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
    if (this.#atEnd || moved) this.#toEnd();
  }

  /** The row of a message, and in front of it the heading of its day if it is the first of that day. */
  #drawRows(message, previous) {
    const row = this.#draw(message, previous);
    const date = new Date(message.timestamp);
    const sameDay = previous && new Date(previous.timestamp).toDateString() === date.toDateString();
    return sameDay ? [row] : [h("li.day", dayElement(date)), row];
  }

  #draw(message, previous) {
    const openAuthorMenu = (target, anchor) =>
      openMenu(anchor, say("Member"), this.#commandChoices(2, target.author.id), "start");
    const row = drawMessage(message, {
      store: this.store,
      names: this.names,
      revealed: this.#revealed,
      grouped: Boolean(previous && follows(message, previous)),
      failure: this.#failures.get(message.id),
      use: (...used) => this.#use(...used),
      openMenu: (target, anchor) => this.#openMenu(target, anchor),
      openAuthorMenu: this.store.commands(2).length ? openAuthorMenu : null,
      dismiss: (target) => this.actions.remove(target),
    });
    this.#rows.set(message.id, row);
    return row;
  }

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
      if (message.author.id === this.store.world.you) this.#atEnd = true;
    }
    if (this.#atEnd) this.#toEnd();
    if (kind !== "delete") this.#announce(message);
  }

  #redraw(message) {
    const list = this.store.list();
    const row = this.#rows.get(message.id);
    const fresh = this.#draw(message, list[list.findIndex(({ id }) => id === message.id) - 1]);
    if (row) replaceKeepingFocus(row, fresh);
  }

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

  #announce(message) {
    const text = spokenText(message, this.names).split("\n").slice(0, 2).join(", ");
    if (!text || this.#announced.get(message.id) === text || message.author.id === this.store.world.you) return;
    this.#announced.set(message.id, text);
    this.notices.announce(`${displayName(message.author)}: ${text}`);
  }

  /** Announce a mention in another channel. */
  #announceElsewhere(message) {
    const place = this.store.place(message.channel_id);
    if (!place || message.author.id === this.store.world.you || !this.store.notifiesYou(message)) return;
    const author = displayName(message.author);
    const channel = place.channel.name;
    const guild = () => say("{author} mentioned you in #{channel}", { author, channel });
    this.notices.announce(place.guild ? guild() : say("{author} sent you a direct message", { author }));
  }

  async #use(message, component, values, control) {
    this.#failures.delete(message.id);
    control.closest(".message")?.querySelector(".failure")?.remove();
    control.classList.add("busy");
    control.setAttribute("aria-busy", "true");
    const answer = await this.actions.component(message, component, values);
    control.classList.remove("busy");
    control.removeAttribute("aria-busy");
    if (!isFailure(answer)) return;
    this.#failures.set(message.id, say(answer.text ?? "This interaction failed."));
    const current = this.store.message(message.channel_id, message.id);
    if (current && this.#rows.has(message.id)) this.#redraw(current);
  }

  #showPending({ id, channelId, label }) {
    if (channelId !== this.store.channelId) return;
    const row = h(
      "li.pending",
      { testid: "pending" },
      dots(),
      h("span", sayWith("Sending {command}…", { command: h("b", label) })),
    );
    this.#pending.set(id, row);
    this.list.append(row);
    this.#toEnd();
  }

  #settle({ id, answer }) {
    const row = this.#pending.get(id);
    this.#pending.delete(id);
    const text = say(answer.text ?? "The application did not respond");
    const dismiss = () => {
      row?.remove();
    };
    if (!isFailure(answer)) dismiss();
    else if (!row?.isConnected) this.notices.toast(text);
    else {
      row.classList.add("failed");
      fill(row, failureNote(text), h("button.text-button", { onClick: dismiss }, say("Dismiss")));
    }
  }

  #openMenu(message, anchor) {
    const commands = this.#commandChoices(3, message.id);
    const text = source(message);
    const copy = (value, name) => () =>
      navigator.clipboard.writeText(value).then(
        () => this.notices.toast(say("{what} copied.", { what: name }), "info"),
        () => this.notices.toast(say("The browser did not allow copying.")),
      );
    openMenu(anchor, say("Message"), [
      ...(commands.length ? [{ heading: say("Apps") }, ...commands] : []),
      { heading: say("Message") },
      ...(text ? [{ label: say("Copy text"), face: icon("copy"), run: copy(text, say("Text")) }] : []),
      { label: say("Copy message ID"), face: icon("copy"), run: copy(message.id, "ID") },
      ...this.#removal(message),
      { note: say("Sent {when}", { when: fullTime(message.timestamp) }) },
    ]);
  }

  /** The commands on a user (2) or a message (3) as choices of a menu. */
  #commandChoices(kind, targetId) {
    const type = kind === 2 ? "user_command" : "message_command";
    return this.store.commands(kind).map((command) => {
      const run = () => this.actions.menuCommand(type, command, targetId);
      return { label: command.name, face: icon("bolt"), run };
    });
  }

  #removal(message) {
    const run = () => this.actions.remove(message);
    if (isPrivate(message)) return [{ label: say("Dismiss message"), face: icon("close"), run }];
    const allowed = message.author.id === this.store.world.you || this.store.moderator;
    return allowed ? [{ label: say("Delete message"), face: icon("trash"), danger: true, run }] : [];
  }
}

/** Whether a message is drawn without a byline, because it closely follows another one of the same author. */
function follows(message, previous) {
  const gap = Date.parse(message.timestamp) - Date.parse(previous.timestamp);
  const same = previous.author.id === message.author.id && isPrivate(previous) === isPrivate(message);
  return same && gap < GROUP_WITHIN && !invocation(message);
}
