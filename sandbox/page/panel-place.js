/** The part of the panel for the channel that is shown: what the bot may do there, and its server. */
import { h, setText } from "./dom.js";
import { switchLine } from "./panel-controls.js";

/** The permissions that can be taken from the bot: the name on the wire, and the label. */
const PERMISSIONS = [
  ["VIEW_CHANNEL", "The bot sees this channel"],
  ["SEND_MESSAGES", "It may send messages"],
  ["ATTACH_FILES", "It may attach files"],
];

export class PlacePart {
  #places = {};

  /** @param {Store} store @param {(path: string, body: object) => Promise<void>} post */
  constructor(store, post) {
    this.store = store;
    const set = (changes) => post("place", { channel: store.channelId, ...changes });
    const permissions = PERMISSIONS.map(([name, label]) =>
      switchLine(label, `may-${name}`, () => set({ denied: this.#denied() })),
    );
    this.permissions = permissions.map(({ input }) => input);
    this.invited = switchLine("The bot is in this server", "invited", (invited) => set({ invited }));
    this.german = switchLine("The server is German", "german", (german) => set({ german }), "A Community in German");
    this.name = h("p.panel-facts");
    this.body = [...permissions, this.invited, this.german].map(({ element }) => element);
    store.on("world channel", () => this.#draw());
  }

  #denied() {
    return PERMISSIONS.filter((_, index) => !this.permissions[index].checked).map(([name]) => name);
  }

  show(places) {
    this.#places = places;
    this.#draw();
  }

  #draw() {
    const state = this.#places[this.store.channelId ?? ""];
    const section = this.body[0].closest("section");
    if (section) section.hidden = !state;
    if (!state) return; // a direct channel has no such settings
    setText(this.name, `#${this.store.place()?.channel.name}`);
    for (const [index, [name]] of PERMISSIONS.entries()) {
      this.permissions[index].checked = !state.denied.includes(name);
      this.permissions[index].disabled = !state.invited;
    }
    this.invited.input.checked = state.invited;
    this.german.input.checked = state.german;
  }
}
