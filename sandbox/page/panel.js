/**
 * The panel, called "Backstage": polls the state of the vendor and the bot, and shows both.
 * @module panel
 */
/** @import { Notices } from "./notices.js" */
import { fill, h } from "./dom.js";
import { BotPart } from "./panel-bot.js";
import { VendorPart } from "./panel-vendor.js";

const INTERVAL = 2000; // ms between two polls, while the page is visible

export class Panel {
  #timer = 0;
  #busy = false;
  #again = false;

  /** @param {HTMLElement} box @param {Notices} notices */
  constructor(box, notices) {
    this.notices = notices;
    this.away = h(
      "p.panel-away",
      { hidden: true, testid: "panel-away" },
      "Vendor and bot cannot be driven from here: nobody answers backstage.",
    );
    const post = (/** @type {string} */ path, /** @type {object} */ body) => this.#post(path, body);
    this.bot = new BotPart(post);
    this.vendor = new VendorPart(post);
    this.sections = h(
      "div.panel-parts",
      { hidden: true },
      drawSection("Bot", this.bot.state, this.bot.body),
      drawSection("Vendor", null, this.vendor.body),
      drawSection("Log", null, this.bot.log),
    );
    fill(box, h("h2.panel-title", "Backstage"), this.away, this.sections);
    document.addEventListener("visibilitychange", () => this.refresh());
    this.refresh();
  }

  /** Poll now, and then again after each interval. */
  async refresh() {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    this.#timer = setTimeout(() => this.refresh(), INTERVAL);
    if (this.#busy) {
      this.#again = true; // the answer under way may be older than the news
      return;
    }
    this.#busy = true;
    try {
      this.#show(await request("state"));
    } catch {
      this.#show(null);
    }
    this.#busy = false;
    if (!this.#again) return;
    this.#again = false;
    this.refresh();
  }

  /** @type {Backstage.Post} */
  async #post(path, body) {
    try {
      const headers = { "Content-Type": "application/json" };
      this.#show(await request(path, { method: "POST", headers, body: JSON.stringify(body) }));
      return true;
    } catch (error) {
      this.notices.toast(error instanceof Error ? error.message : String(error));
      return false;
    } finally {
      this.refresh();
    }
  }

  /** @param {Backstage.State | null} state null: the server has no panel */
  #show(state) {
    this.away.hidden = state !== null;
    this.sections.hidden = state === null;
    if (!state?.bot || !state.vendor) return;
    this.bot.show(state.bot);
    this.vendor.show(state.vendor);
  }
}

/** @param {string} title @param {Child} mark @param {Child} body */
function drawSection(title, mark, body) {
  return h("section.panel-part", { "aria-label": title }, h("header.panel-head", h("h3", title), mark), body);
}

/** @param {string} path @param {RequestInit} [options] */
async function request(path, options) {
  const response = await fetch(`panel/${path}`, options);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `Backstage answered ${response.status}.`);
  return body;
}
