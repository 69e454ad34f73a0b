/**
 * The box in which one writes. A command is plain text from its first letter to its last; the pills, the
 * suggestions and the coloured option names only follow what the text says.
 * @module composer
 */
import { available, check, flatten, match, parse, partial } from "./commands.js";
import { fill, h } from "./dom.js";
import { Hints } from "./hints.js";
import { avatar, icon } from "./icons.js";
import { append, fromBot, look, remaining } from "./suggest.js";

const ASK_AFTER = 150; // ms of rest before the bot is asked for suggestions

export class Composer {
  #view = null; // what look() last said
  #list = [];
  #at = 0;
  #moved = false; // the arrow keys were used: Enter then means the suggestion, not the line
  #asked = 0;
  #asking = 0;
  #history = [];
  #picked = new Map();

  /**
   * @param {{form: HTMLFormElement, input: HTMLTextAreaElement, mirror: HTMLElement, hints: HTMLElement,
   *   suggestions: HTMLElement, problem: HTMLElement, count: HTMLElement}} parts
   * @param {import("./store.js").Store} store
   * @param {import("./actions.js").Actions} actions
   * @param {() => import("./select.js").Directory} directory
   */
  constructor(parts, store, actions, directory) {
    Object.assign(this, { ...parts, store, actions, directory });
    this.hints = new Hints(this.hints, (option) => this.#goTo(option));
    this.input.addEventListener("input", () => this.#refresh());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    for (const type of ["click", "keyup", "focus"]) this.input.addEventListener(type, () => this.#caretMoved());
    this.input.addEventListener("blur", () => this.#offer([]));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    for (const type of ["world", "channel"]) store.addEventListener(type, () => this.#placed());
  }

  /** Put a text in and go to its end. */
  set(text) {
    this.input.value = text;
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
    this.#refresh();
  }

  /** Begin a command by its name. */
  begin(name) {
    const entry = this.#entries().find(({ label }) => label === name);
    const first = entry?.options.find((option) => option.required);
    this.set(first ? `/${name} ${first.name}: ` : `/${name} `);
  }

  #entries() {
    return flatten(available(this.store.world?.commands ?? [], this.store.where));
  }

  /** What names may stand for: people and places, and what the bot offered and the member chose. */
  #names() {
    return { ...this.directory(), picked: this.#picked };
  }

  #placed() {
    const { guild, channel } = this.store.place() ?? {};
    if (!channel) return;
    const name = guild ? `#${channel.name}` : `@${channel.name}`;
    this.input.placeholder = `Message ${name}, or / for commands`;
    this.input.setAttribute("aria-label", `Message ${name}`);
    this.#refresh();
  }

  #caretMoved() {
    if (!this.input.value.startsWith("/") || this.#view?.caret === this.input.selectionStart) return;
    this.#refresh();
  }

  #refresh() {
    const text = this.input.value;
    const caret = this.input.selectionStart;
    this.#view = { ...look(text, caret, this.#entries(), this.#names()), caret };
    this.problem.hidden = true;
    this.#paint(text, this.#view.parsed);
    if (this.#view.parsed) this.hints.show(this.#view.parsed, this.#view.active?.option ?? null, this.#problems());
    else this.hints.hide();
    this.#moved = false;
    this.#offer(document.activeElement === this.input ? this.#view.list : [], this.#view.title);
    clearTimeout(this.#asking);
    if (this.#view.ask) this.#asking = setTimeout(() => this.#ask(), ASK_AFTER);
  }

  /** What is wrong so far. A value that is still being typed, and can still become right, is not. */
  #problems() {
    const { parsed, active, list, ask } = this.#view;
    const wrong = check(parsed, this.#names()).problems.filter(({ option }) => {
      const item = parsed.given.find((candidate) => candidate.option === option);
      return item?.raw && !(item.option === active?.option && (list.length || ask));
    });
    return new Map(wrong.map(({ option, text }) => [option, text]));
  }

  /** Colour the option names behind the text: the same letters in the same places, under a see-through field. */
  #paint(text, parsed) {
    const parts = [];
    let at = 0;
    const mark = (from, to, kind) => {
      parts.push(text.slice(at, from), h("mark", { class: kind }, text.slice(from, to)));
      at = to;
    };
    if (parsed) {
      mark(0, parsed.entry.label.length + 1, "command");
      for (const item of parsed.given) if (item.valueStart > item.start) mark(item.start, item.valueStart, "marker");
    }
    // An empty field is as high as its placeholder; a line that ends in a line break has one line more.
    fill(this.mirror, parts, text ? text.slice(at) : this.input.placeholder, "\u200b");
  }

  async #ask() {
    const { entry, parsed, active } = this.#view;
    const turn = ++this.#asked;
    const choices = await this.actions.suggestions(entry, partial(parsed, active.option, this.#names()));
    const late = turn !== this.#asked || this.#view.active?.option !== active.option;
    if (late || document.activeElement !== this.input) return;
    this.#offer(fromBot(choices, this.#view.active), active.option.name);
  }

  #offer(list, title = "") {
    this.#list = list;
    this.#at = 0;
    this.suggestions.hidden = list.length === 0;
    this.input.toggleAttribute("data-offering", list.length > 0);
    fill(
      this.suggestions,
      list.length ? h("p", { class: "menu-heading", role: "presentation" }, title) : null,
      list.map((each, index) => this.#drawSuggestion(each, index)),
    );
    this.count.textContent = list.length ? `${list.length} ${list.length === 1 ? "suggestion" : "suggestions"}` : "";
    this.#point();
  }

  #drawSuggestion(each, index) {
    const face = {
      command: () => icon("slash"),
      option: () => icon("plus"),
      user: () => avatar(each.item, "tiny"),
      role: () => icon("at"),
      channel: () => icon("hash"),
    }[each.face];
    const row = h(
      "div",
      { class: "option", role: "option", id: `suggestion-${index}`, dataset: { testid: "suggestion" } },
      face?.(),
      h(
        "span",
        { class: "option-text" },
        h("span", { class: "option-label" }, each.label),
        each.detail ? h("span", { class: "option-detail" }, each.detail) : null,
      ),
    );
    row.addEventListener("pointerdown", (event) => event.preventDefault()); // the text keeps the focus
    row.addEventListener("click", () => this.#choose(each));
    return row;
  }

  #point() {
    const rows = [...this.suggestions.querySelectorAll(".option")];
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === this.#at)));
    if (rows.length) this.input.setAttribute("aria-activedescendant", `suggestion-${this.#at}`);
    else this.input.removeAttribute("aria-activedescendant");
    if (this.#at === 0) this.suggestions.scrollTop = 0;
    else rows[this.#at]?.scrollIntoView({ block: "nearest" });
  }

  #choose({ edit, pick }) {
    if (pick) this.#picked.set(pick.key, pick.value);
    const { value } = this.input;
    const rest = value.slice(edit.to).replace(/^\s+/u, edit.insert.endsWith(" ") ? "" : " ");
    this.input.value = value.slice(0, edit.from) + edit.insert + rest;
    const caret = edit.from + edit.insert.length;
    this.input.focus();
    this.input.setSelectionRange(caret, caret);
    this.#refresh();
  }

  #key(event) {
    if (event.isComposing) return;
    const open = this.#list.length > 0;
    const plainEnter = event.key === "Enter" && !event.shiftKey;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.#at = (this.#at + (event.key === "ArrowDown" ? 1 : -1) + this.#list.length) % this.#list.length;
      this.#moved = true;
      return this.#point();
    }
    if (open && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      return this.#offer([]);
    }
    if (open && ((event.key === "Tab" && !event.shiftKey) || (plainEnter && !this.#complete()))) {
      event.preventDefault();
      return this.#choose(this.#list[this.#at]);
    }
    if (plainEnter) {
      event.preventDefault();
      return this.#submit();
    }
    if (!open && event.key === "ArrowDown" && this.#view?.parsed) {
      event.preventDefault();
      this.#offer(remaining(this.#view.parsed, this.input.value, this.input.selectionStart), "Options");
      this.#moved = true;
      return;
    }
    if (event.key === "ArrowUp" && !this.input.value && this.#history.length) {
      event.preventDefault();
      this.set(this.#history.at(-1));
    }
  }

  /** Whether Enter means "send" although suggestions are open: the line can go as it stands. */
  #complete() {
    if (this.#moved || !this.#view.parsed) return false;
    return check(this.#view.parsed, this.#names()).problems.length === 0;
  }

  #goTo(option) {
    const item = this.#view.parsed?.given.find((candidate) => candidate.option === option);
    if (!item) return this.set(append(this.input.value, option));
    const caret = item.valueStart + (/^\s*/u.exec(
      this.input.value.slice(item.valueStart),
    )[0].length && 1) + item.raw.length;
    this.input.focus();
    this.input.setSelectionRange(caret, caret);
    this.#refresh();
  }

  #submit() {
    const text = this.input.value;
    if (!text.trim()) return;
    if (!text.startsWith("/")) {
      if (this.actions.say(text.trim())) this.#sent(text);
      return;
    }
    const entry = match(text, this.#entries());
    if (!entry) return this.#refuse(`There is no command ${text.split(/\s/u)[0]} here. Type / to see what there is.`);
    const parsed = parse(text, entry);
    const { options, problems } = check(parsed, this.#names());
    if (!problems.length) {
      this.actions.command(entry, options);
      return this.#sent(text);
    }
    const [first] = problems;
    if (first.option) this.#goTo(first.option);
    this.#offer([]);
    this.#refuse(first.text);
  }

  #sent(text) {
    this.#history.push(text);
    this.set("");
  }

  #refuse(words) {
    fill(this.problem, icon("warning"), words);
    this.problem.hidden = false;
  }
}
