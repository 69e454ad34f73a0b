/** The bot's part of the panel: its process, its connection to the gateway, its log. */
import { fill, h, isNew, setText } from "./dom.js";
import { group, switchLine } from "./panel-controls.js";

const COMMANDS = [
  { name: "start", label: "Start", style: "primary", whenRunning: false, about: "Start the bot's process" },
  { name: "restart", label: "Restart", style: "secondary", whenRunning: true, about: "SIGTERM, then start again" },
  { name: "stop", label: "Stop", style: "secondary", whenRunning: true, about: "SIGTERM: it may finish its work" },
  { name: "kill", label: "Kill", style: "risky", whenRunning: true, about: "SIGKILL: it dies at once" },
];

/** How interactions come: the value on the wire, the label, and what it does. */
const WAYS = [
  ["gateway", "Gateway", "The bot keeps a connection to Discord open. It restarts"],
  ["http", "HTTP", "Discord posts to the bot, which opens no connection. It restarts"],
];

const DAY = 86_400; // s

export class BotPart {
  /** @param {(path: string, body: object) => Promise<void>} post */
  constructor(post) {
    this.state = h("p.pill-state", { role: "status", testid: "bot-state" });
    this.facts = h("p.panel-facts");
    this.buttons = COMMANDS.map(({ name, label, style, about }) => {
      const onClick = async () => {
        button.classList.add("busy");
        await post("bot", { do: name });
        button.classList.remove("busy");
      };
      const button = h("button.button", { class: style, title: about, testid: `bot-${name}`, onClick }, label);
      return button;
    });
    const about = "ALLOW_DIRECT: in direct messages, and in servers without the bot. The bot restarts";
    this.direct = switchLine("Orders outside of servers", "direct", (on) => post("bot/direct", { on }), about);
    this.ways = WAYS.map(([way, label, does]) => {
      const onClick = () => post("bot/interactions", { way });
      return h("button.chip", { "aria-pressed": "false", title: does, testid: `way-${way}`, onClick }, label);
    });
    const onClick = () => post("clock", { seconds: DAY });
    const day = h(
      "button.chip",
      { title: "Moves every clock by a day; the bot restarts", testid: "next-day", onClick },
      "Skip to tomorrow",
    );
    this.ahead = h("span.panel-facts", { role: "status", testid: "ahead" });
    this.clock = h("div.range", { hidden: true }, day, this.ahead);
    const ways = group("How Discord reaches the bot", h("div.chips", this.ways));
    this.body = [h("div.panel-buttons", this.buttons), this.facts, ways, this.direct.element, this.clock];
    this.log = h("pre.log", { tabindex: 0, role: "region", "aria-label": "The bot's log", testid: "bot-log" });
  }

  show({ running, online, pid, started_at: startedAt, way, direct, log = [] }) {
    const [state, kind] = !running ? ["stopped", "off"] : online ? ["online", "on"] : ["connecting", "between"];
    setText(this.state, state);
    this.state.dataset.kind = kind;
    const since = startedAt && `since ${new Date(startedAt * 1000).toLocaleTimeString("en-GB")}`;
    const facts = [`Process ${pid}`, since].filter(Boolean).join(", ");
    setText(this.facts, running ? facts : "Stopped. Open orders are kept.");
    const focused = this.buttons.find((button) => button === document.activeElement);
    for (const [index, { whenRunning }] of COMMANDS.entries()) this.buttons[index].hidden = whenRunning !== running;
    if (focused?.hidden) this.buttons.find((button) => !button.hidden)?.focus();
    for (const [index, [name]] of WAYS.entries()) this.ways[index].setAttribute("aria-pressed", String(name === way));
    this.direct.input.checked = Boolean(direct);
    this.#showLog(log);
  }

  /** @param {number | null} ahead seconds by which all clocks are ahead; null: they can't be moved */
  showClock(ahead) {
    this.clock.hidden = ahead === null;
    const days = Math.round((ahead ?? 0) / DAY);
    const moved = `All clocks are ${days} ${days === 1 ? "day" : "days"} ahead.`;
    setText(this.ahead, days ? moved : "Daily limits start again.");
  }

  #showLog(/** @type {string[]} */ lines) {
    if (!isNew(this.log, lines)) return;
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 24;
    const rows = lines.map((line) => h("span.log-line", { class: severity(line) }, `${line}\n`));
    fill(this.log, lines.length ? rows : "Nothing yet.");
    if (atEnd) this.log.scrollTop = this.log.scrollHeight;
  }
}

function severity(line) {
  if (/\b(ERROR|CRITICAL)\b/u.test(line)) return "bad";
  return /\bWARNING\b/u.test(line) && "odd";
}
