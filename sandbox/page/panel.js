/**
 * Backstage: asks for the state of vendor and bot, and shows both parts.
 * @module panel
 */
import { fill, h } from "./dom.js";
import { BotPart } from "./panel-bot.js";
import { VendorPart } from "./panel-vendor.js";

const EVERY = 2000; // ms between two looks, while the page can be seen

export class Panel {
  #timer = 0;
  #busy = false;
  #again = false;

  /** @param {HTMLElement} box @param {import("./notices.js").Notices} notices */
  constructor(box, notices) {
    this.notices = notices;
    this.away = h(
      "p",
      { class: "panel-away", hidden: true, dataset: { testid: "panel-away" } },
      "Vendor and bot cannot be driven from here: nobody answers backstage.",
    );
    const post = (path, body) => this.#post(path, body);
    const bot = new BotPart(post);
    const vendor = new VendorPart(post);
    this.parts = [bot, vendor];
    this.sections = h("div", { class: "panel-parts", hidden: true }, bot.element, vendor.element, bot.logElement);
    fill(box, h("h2", { class: "panel-title" }, "Backstage"), this.away, this.sections);
    document.addEventListener("visibilitychange", () => this.refresh());
    this.refresh();
  }

  /** Look now, and then again every while. */
  async refresh() {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    this.#timer = setTimeout(() => this.refresh(), EVERY);
    if (this.#busy) {
      this.#again = true; // what is under way may have left before the news
      return;
    }
    this.#busy = true;
    try {
      this.#show(await read(await fetch("panel/state")));
    } catch {
      this.#show(null);
    } finally {
      this.#busy = false;
    }
    if (!this.#again) return;
    this.#again = false;
    this.refresh();
  }

  async #post(path, body) {
    try {
      this.#show(await read(
        await fetch(
          `panel/${path}`,
          { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) },
        ),
      ));
      return true;
    } catch (error) {
      this.notices.toast(error.message);
      return false;
    } finally {
      this.refresh();
    }
  }

  #show(state) {
    this.away.hidden = state !== null;
    this.sections.hidden = state === null;
    if (state?.bot && state?.vendor) for (const part of this.parts) part.show(state);
  }
}

async function read(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `Backstage answered ${response.status}.`);
  return body;
}
