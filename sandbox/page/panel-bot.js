/**
 * The bot's part of the panel: its process, its line to the gateway, its log.
 * @module panel-bot
 */
import { fill, h, setText } from "./dom.js";
import { section } from "./panel-part.js";

const VERBS = [
  { verb: "start", label: "Start", when: (bot) => !bot.running, about: "Start the bot's process" },
  { verb: "restart", label: "Restart", when: (bot) => bot.running, about: "SIGTERM, then start again" },
  { verb: "stop", label: "Stop", when: (bot) => bot.running, about: "SIGTERM: it may finish what it does" },
  { verb: "kill", label: "Kill", when: (bot) => bot.running, about: "SIGKILL: it dies on the spot" },
];

export class BotPart {
  /** @param {(path: string, body: object) => Promise<boolean>} post */
  constructor(post) {
    this.state = h("p", { class: "pill-state", role: "status", dataset: { testid: "bot-state" } });
    this.facts = h("p", { class: "panel-facts" });
    this.buttons = VERBS.map(({ verb, label, about }) => {
      const button = h(
        "button",
        {
          type: "button",
          class: `button ${verb === "kill" ? "risky" : verb === "start" ? "primary" : "secondary"}`,
          title: about,
          dataset: { testid: `bot-${verb}` },
        },
        label,
      );
      button.addEventListener("click", async () => {
        button.classList.add("busy");
        await post("bot", { do: verb });
        button.classList.remove("busy");
      });
      return button;
    });
    this.log = h(
      "pre",
      { class: "log", tabindex: 0, role: "region", "aria-label": "The bot's log", dataset: { testid: "bot-log" } },
    );
    this.element = section("Bot", this.state, h("div", { class: "panel-buttons" }, this.buttons), this.facts);
    this.logElement = section("Log", null, this.log);
  }

  show({ bot }) {
    const [word, kind] = !bot.running
      ? ["stopped", "off"]
      : bot.online
      ? ["online", "on"]
      : ["connecting", "between"];
    setText(this.state, word);
    this.state.dataset.kind = kind;
    const since = bot.started_at ? `since ${new Date(bot.started_at * 1000).toLocaleTimeString("en-GB")}` : "";
    setText(
      this.facts,
      bot.running
        ? [`Process ${bot.pid}`, since].filter(Boolean).join(", ")
        : "No process. What it had promised waits in its database.",
    );
    const held = this.buttons.find((button) => button === document.activeElement);
    VERBS.forEach(({ when }, index) => {
      this.buttons[index].hidden = !when(bot);
    });
    if (held?.hidden) this.buttons.find((button) => !button.hidden)?.focus();
    this.#showLog(bot.log ?? []);
  }

  #showLog(lines) {
    const text = lines.join("\n");
    if (this.log.dataset.text === text) return;
    this.log.dataset.text = text;
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 24;
    fill(
      this.log,
      lines.length
        ? lines.map((line) => h(
          "span",
          {
            class: `log-line${/\b(ERROR|CRITICAL)\b/u.test(line) ? " bad" : /\bWARNING\b/u.test(line) ? " odd" : ""}`,
          },
          `${line}\n`,
        ))
        : "Nothing yet.",
    );
    if (atEnd) this.log.scrollTop = this.log.scrollHeight;
  }
}
