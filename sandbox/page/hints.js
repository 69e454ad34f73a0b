/**
 * The strip above the composer's text while a command is typed: its options as pills, and what the one at the
 * caret takes.
 */
import { describe, givenFor } from "./commands.js";
import { fill, h, isNew, refill } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

/** @typedef {Map<Discord.Option | null, string>} Problems what is wrong with values so far */

export class Hints {
  /** @param {HTMLElement} box @param {(option: Discord.Option) => void} onPick adds an option, or goes to it */
  constructor(box, onPick) {
    this.onPick = onPick;
    this.pills = h("div.pills", { role: "toolbar" });
    this.name = h("p.hint-name");
    this.about = h("p.hint-about", { id: "hint-about", testid: "hint" });
    this.box = box;
    this.box.append(this.name, this.pills, this.about);
  }

  hide() {
    this.box.hidden = true;
  }

  /** @param {Parsed} parsed @param {Discord.Option | null} active the option at the caret @param {Problems} problems */
  show(parsed, active, problems) {
    const { entry } = parsed;
    this.box.hidden = false;
    this.pills.setAttribute("aria-label", say("Options"));
    const states = entry.options.map((option) => {
      const item = givenFor(parsed, option);
      const wrong = problems.has(option);
      if (option === active) return wrong ? "active wrong" : "active";
      if (item?.raw) return wrong ? "wrong" : "given";
      return item ? "active" : "";
    });
    if (isNew(this.pills, [entry.command.id, entry.label, ...states])) {
      const { label, description, options } = entry;
      const pills = options.map((option, index) => this.#drawPill(option, states[index]));
      fill(this.name, h("span.command-name", `/${label}`), h("span.hint-description", description));
      refill(this.pills, pills);
      this.pills.hidden = options.length === 0;
    }
    const missing = entry.options.find((option) => option.required && !givenFor(parsed, option));
    this.#explain(entry, active ?? missing, problems);
  }

  #drawPill(/** @type {Discord.Option} */ option, state) {
    const { name, required, description } = option;
    const [wrong, given] = [state.includes("wrong"), state === "given"];
    const sign = wrong ? "warning" : given ? "check" : !state && !required && "plus"; // none while it is typed
    const label = [name, say(required ? "required" : "optional"), wrong && say("needs a look"), given && say("given")];
    const attributes = {
      class: [required ? "required" : "", state],
      "aria-label": label.filter(Boolean).join(", "),
      title: description,
      key: name,
      testid: "pill",
      dataset: { option: name, state },
      onClick: () => this.onPick(option),
    };
    return h("button.pill", attributes, sign && icon(sign), name);
  }

  #explain(entry, /** @type {Discord.Option | undefined} */ option, problems) {
    if (!option) {
      const more = entry.options.length ? say("Arrow down lists the options that can be added.") : "";
      const text = `${say("Enter sends it.")} ${more}`;
      if (isNew(this.about, text)) fill(this.about, text);
      return;
    }
    const { type, range } = describe(option);
    const facts = [type, range, say(option.required ? "required" : "optional")].filter(Boolean).join(", ");
    const wrong = problems.get(option);
    if (!isNew(this.about, [option.name, option.description, facts, wrong])) return;
    const note = wrong ? h("span.wrong", wrong) : h("span.facts", `(${facts})`);
    fill(this.about, h("b", option.name), " ", option.description, " ", note);
  }
}
