/**
 * The strip above the composer's text while a command is typed: its options as pills, and what the one at the
 * caret takes.
 * @module hints
 */
/** @import { Entry, Parsed } from "./commands.js" */
import { describe, givenFor } from "./commands.js";
import { fill, h, refill, setText } from "./dom.js";
import { icon } from "./icons.js";

export class Hints {
  #shown = "";
  #explained = "";

  /** @param {HTMLElement} box @param {(option: Discord.CommandOption) => void} onPick adds an option, or goes to it */
  constructor(box, onPick) {
    this.onPick = onPick;
    this.pills = h("div.pills", { role: "toolbar", "aria-label": "Options" });
    this.name = h("p.hint-name");
    this.about = h("p.hint-about", { id: "hint-about", testid: "hint" });
    this.box = box;
    this.box.append(this.name, this.pills, this.about);
  }

  hide() {
    this.box.hidden = true;
    this.#shown = "";
  }

  /**
   * @param {Parsed} parsed
   * @param {Discord.CommandOption | null} active the option at the caret
   * @param {Map<Discord.CommandOption | null, string>} problems what is wrong with values so far
   */
  show(parsed, active, problems) {
    const { entry } = parsed;
    this.box.hidden = false;
    const state = (/** @type {Discord.CommandOption} */ option) => {
      const item = givenFor(parsed, option);
      const wrong = problems.has(option);
      if (option === active) return wrong ? "active wrong" : "active";
      if (item?.raw) return wrong ? "wrong" : "given";
      return item ? "active" : "";
    };
    const states = entry.options.map(state);
    const shown = [entry.command.id, entry.label, ...states].join();
    if (shown !== this.#shown) {
      this.#shown = shown;
      const { label, description } = entry;
      fill(this.name, h("span.command-name", `/${label}`), h("span.hint-description", description));
      refill(
        this.pills,
        entry.options.map((option, index) => this.#drawPill(option, states[index])),
      );
      this.pills.hidden = entry.options.length === 0;
    }
    const missing = entry.options.find((option) => option.required && !givenFor(parsed, option));
    this.#explain(entry, active ?? missing, problems);
  }

  /** @param {Discord.CommandOption} option @param {string} state */
  #drawPill(option, state) {
    const { name, required, description } = option;
    const [wrong, given] = [state.includes("wrong"), state === "given"];
    const sign = wrong ? "warning" : given ? "check" : !state && !required && "plus"; // none while it is typed
    const label = [name, required ? "required" : "optional", wrong && "needs a look", given && "given"];
    return h(
      "button.pill",
      {
        class: `${required ? "required" : ""} ${state}`,
        "aria-label": label.filter(Boolean).join(", "),
        title: description,
        key: name,
        testid: "pill",
        dataset: { option: name, state },
        onClick: () => this.onPick(option),
      },
      sign && icon(sign),
      name,
    );
  }

  /**
   * @param {Entry} entry
   * @param {Discord.CommandOption | undefined} option
   * @param {Map<Discord.CommandOption | null, string>} problems
   */
  #explain(entry, option, problems) {
    if (!option) {
      this.#explained = "";
      const more = entry.options.length > 0 && " Arrow down lists the options that can be added.";
      return setText(this.about, `Enter sends it.${more || ""}`);
    }
    const { type, range } = describe(option);
    const facts = [type, range, option.required ? "required" : "optional"].filter(Boolean).join(" · ");
    const wrong = problems.get(option);
    const explained = [option.name, option.description, facts, wrong].join("|");
    if (this.#explained === explained) return;
    this.#explained = explained;
    const note = wrong ? h("span.wrong", wrong) : h("span.facts", facts);
    fill(this.about, h("b", option.name), " ", option.description, " ", note);
  }
}
