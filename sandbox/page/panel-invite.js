/** The part of the panel that invites the bot to a new server, which the page then shows. */
import { h } from "./dom.js";

/** The kinds of servers: the name, the label, and what the bot finds there. */
const KINDS = [
  { name: "system", label: "With a system channel", kind: { system_channel: true, writable: true } },
  { name: "plain", label: "Without one", kind: { system_channel: false, writable: true } },
  { name: "closed", label: "Where it may write nowhere", kind: { system_channel: true, writable: false } },
];

export class InvitePart {
  /** @type {Set<string> | null} the servers before an invitation; null: none was sent */
  #before = null;

  /** @param {Store} store @param {(path: string, body: object) => Promise<void>} post */
  constructor(store, post) {
    this.store = store;
    const chips = KINDS.map(({ name, label, kind }) => {
      const onClick = () => {
        this.#before = new Set(this.#joined().map(({ id }) => id));
        return post("invite", kind);
      };
      return h("button.chip", { testid: `invite-${name}`, onClick }, label);
    });
    this.body = h("div.chips", chips);
    store.on("world", () => this.#openNew());
  }

  #joined() {
    return this.store.world.guilds.filter(({ has_bot: joined = true }) => joined);
  }

  #openNew() {
    const fresh = this.#joined().find(({ id }) => this.#before && !this.#before.has(id));
    if (!fresh) return;
    this.#before = null;
    this.store.open(fresh.channels[0].id);
  }
}
