/** The panel, called "Backstage": polls the state of the vendor and the bot, and shows both. */
import { fill, h, isNew, part } from "./dom.js";
import { BotPart } from "./panel-bot.js";
import { InvitePart } from "./panel-invite.js";
import { PlacePart } from "./panel-place.js";
import { VendorPart } from "./panel-vendor.js";
import { setAhead } from "./time.js";

const INTERVAL = 2000; // ms between two polls, while the page is visible

export class Panel {
  #timer = 0;
  #busy = false;
  #again = false;

  /** @param {Store} store @param {Notices} notices */
  constructor(store, notices) {
    this.notices = notices;
    const text = "Vendor and bot cannot be driven from here: nobody answers backstage.";
    this.away = h("p.panel-away", { hidden: true, testid: "panel-away" }, text);
    const post = (path, body) => this.#post(path, body);
    this.bot = new BotPart(post);
    this.place = new PlacePart(store, post);
    this.vendor = new VendorPart(post);
    this.told = h("ul.panel-facts", { testid: "alerts" });
    this.alerts = drawSection("Alerts", null, this.told);
    const sections = [
      drawSection("Bot", this.bot.state, this.bot.body),
      drawSection("This channel", this.place.name, this.place.body),
      drawSection("Vendor", null, this.vendor.body),
      drawSection("Invite the bot to a new server", null, new InvitePart(store, post).body),
      this.alerts,
      drawSection("Log", null, this.bot.log),
    ];
    this.sections = h("div.panel-parts", { hidden: true }, sections);
    fill(part("panel-body"), h("h2.panel-title", "Backstage"), this.away, this.sections);
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
    this.#show(await request("state").catch(() => null));
    this.#busy = false;
    if (!this.#again) return;
    this.#again = false;
    this.refresh();
  }

  async #post(path, body) {
    try {
      const headers = { "Content-Type": "application/json" };
      this.#show(await request(path, { method: "POST", headers, body: JSON.stringify(body) }));
    } catch (error) {
      this.notices.toast(error instanceof Error ? error.message : String(error));
    }
    this.refresh();
  }

  /** null: the server has no panel. */
  #show(state) {
    this.away.hidden = state !== null;
    this.sections.hidden = state === null;
    if (!state?.bot || !state.vendor) return;
    setAhead(state.ahead ?? 0);
    this.bot.show(state.bot);
    this.bot.showClock(state.ahead ?? null);
    this.vendor.show(state.vendor);
    this.place.show(state.places ?? {});
    this.#showAlerts(state.alerts ?? []);
  }

  /** @param {string[]} alerts what the operator was told, the newest last */
  #showAlerts(alerts) {
    this.alerts.hidden = alerts.length === 0;
    if (isNew(this.told, alerts)) fill(this.told, alerts.map((text) => h("li", text)).reverse());
  }
}

function drawSection(title, mark, body) {
  return h("section.panel-part", { "aria-label": title }, h("header.panel-head", h("h3", title), mark), body);
}

async function request(path, options = {}) {
  const response = await fetch(`panel/${path}`, options);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `Backstage answered ${response.status}.`);
  return body;
}
