/**
 * The strip above the composer's text while a command is typed: its options as pills, and what the one at the
 * caret takes.
 * @module hints
 */
import { describe } from "./commands.js";
import { fill, h, setText } from "./dom.js";
import { icon } from "./icons.js";

export class Hints {
  #shown = "";

  /** @param {HTMLElement} box @param {(option: object) => void} add puts an option into the text, or goes to it */
  constructor(box, add) {
    this.add = add;
    this.pills = h("div", { class: "pills", role: "toolbar", "aria-label": "Options" });
    this.name = h("p", { class: "hint-name" });
    this.about = h("p", { class: "hint-about", id: "hint-about", dataset: { testid: "hint" } });
    this.box = box;
    this.box.append(this.name, this.pills, this.about);
  }

  hide() {
    this.box.hidden = true;
    this.#shown = "";
  }

  /**
   * @param {ReturnType<import("./commands.js").parse>} parsed
   * @param {object|null} active the option at the caret
   * @param {Map<object, string>} problems what is wrong with values so far
   */
  show(parsed, active, problems) {
    const { entry, given } = parsed;
    this.box.hidden = false;
    const state = (option) => {
      const item = given.find((candidate) => candidate.option === option);
      if (option === active) return problems.has(option) ? "active wrong" : "active";
      if (item?.raw) return problems.has(option) ? "wrong" : "given";
      return item ? "active" : "";
    };
    const states = entry.options.map((option) => `${option.name}=${state(option)}`);
    const signature = [entry.command.id, entry.label, ...states].join();
    if (signature !== this.#shown) {
      this.#shown = signature;
      fill(
        this.name,
        h("span", { class: "command-name" }, `/${entry.label}`),
        h("span", { class: "hint-description" }, entry.description),
      );
      this.#drawPills(entry, state);
    }
    this.#explain(
      entry,
      active ?? entry.options.find((option) => option.required && !given.some(
        (item) => item.option === option,
      )) ?? null,
      problems,
    );
  }

  #drawPills(entry, state) {
    const focused = this.pills.contains(document.activeElement) ? document.activeElement.dataset.option : null;
    fill(
      this.pills,
      entry.options.map((option) => {
        const now = state(option);
        const words = [
          option.name,
          option.required ? "required" : "optional",
          now.includes("wrong") ? "needs a look" : now.includes("given") ? "given" : "",
        ].filter(Boolean);
        return h(
          "button",
          {
            type: "button",
            class: `pill ${option.required ? "required" : ""} ${now}`.trim(),
            "aria-label": words.join(", "),
            title: option.description,
            dataset: { option: option.name, testid: "pill", state: now },
            onClick: () => this.add(option),
          },
          mark(now, option),
          option.name,
        );
      }),
    );
    if (focused) this.pills.querySelector(`[data-option="${CSS.escape(focused)}"]`)?.focus();
    this.pills.hidden = entry.options.length === 0;
  }

  #explain(entry, option, problems) {
    if (!option) {
      delete this.about.dataset.line;
      setText(
        this.about,
        entry.options.length ? "Enter sends it. Arrow down lists the options that can be added." : "Enter sends it.",
      );
      return;
    }
    const { type, range } = describe(option);
    const facts = [type, range, option.required ? "required" : "optional"].filter(Boolean).join(" · ");
    const wrong = problems.get(option) ?? "";
    const line = [option.name, option.description, facts, wrong].join("|");
    if (this.about.dataset.line === line) return;
    this.about.dataset.line = line;
    fill(
      this.about,
      h("b", {}, option.name),
      " ",
      option.description,
      " ",
      wrong ? h("span", { class: "wrong" }, wrong) : h("span", { class: "facts" }, facts),
    );
  }
}

/** The sign on a pill: wrong, given, or "can be added"; the one being typed has none. */
function mark(state, option) {
  if (state.includes("wrong")) return icon("warning");
  if (state.includes("given")) return icon("check");
  return state || option.required ? null : icon("plus");
}
