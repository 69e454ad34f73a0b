/** How often each command was used in this browser: lists of commands begin with the most used. */
import { withStorage } from "./theme.js";

const KEY = "imagine-sandbox-uses";

export class Uses {
  /** @type {Record<string, number>} by label */
  #counts = {};

  constructor() {
    withStorage((storage) => {
      this.#counts = JSON.parse(storage.getItem(KEY) ?? "{}");
    });
  }

  /** Count a use. @param {Entry} entry */
  add({ label }) {
    this.#counts[label] = (this.#counts[label] ?? 0) + 1;
    withStorage((storage) => storage.setItem(KEY, JSON.stringify(this.#counts)));
  }

  /** The most used first, then those with the shortest path: subcommands come last. @param {Entry[]} entries */
  sort(entries) {
    const uses = ({ label }) => this.#counts[label] ?? 0;
    return [...entries].sort((a, b) => uses(b) - uses(a) || a.path.length - b.path.length);
  }
}
