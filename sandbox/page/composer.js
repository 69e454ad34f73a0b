/**
 * The message box. A command is plain text from its first letter to its last; the pills, the suggestions and the
 * coloured option names only follow the text.
 */
import { check, convert, flatten, givenFor, match, parse, partial, pickKey } from "./commands.js";
import { fill, h, part } from "./dom.js";
import { Hints } from "./hints.js";
import { avatar, icon } from "./icons.js";
import { optionText } from "./select.js";
import { append, fromBot, look, optionsToAdd, start } from "./suggest.js";
import { Uses } from "./uses.js";
import { say, sayCount } from "./words.js";

const ASK_DELAY = 150; // ms without a key press before the bot is asked for suggestions
const ICONS = { command: "slash", option: "plus", role: "at", channel: "hash" };

export class Composer {
  /** @type {View} */
  #view = { parsed: null, active: null, title: "", list: [], ask: false };
  #caret = 0; // for which the view was made
  /** @type {Suggestion[]} */
  #list = [];
  #selected = -1; // the highlighted suggestion, which Enter takes; -1: none
  #requests = 0;
  #awaited = false; // the bot's suggestions for what is typed are still to come
  #enterHeld = false; // Enter was pressed meanwhile
  #timer = 0;
  #history = [];
  #picked = new Map(); // the value of a suggestion by `pickKey`
  #uses = new Uses();

  /** @param {Store} store @param {Actions} actions */
  constructor(store, actions) {
    this.input = part("composer-input");
    this.suggestions = part("suggestions");
    this.problem = part("problem");
    this.store = store;
    this.actions = actions;
    this.hints = new Hints(part("hints"), (option) => this.#goTo(option));
    this.input.addEventListener("input", () => this.#refresh());
    this.input.addEventListener("keydown", (event) => {
      if (!event.isComposing && this.#handleKey(event)) event.preventDefault();
    });
    for (const type of ["click", "keyup", "focus"]) this.input.addEventListener(type, () => this.#caretMoved());
    this.input.addEventListener("blur", () => this.#offer([]));
    part("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    store.on("world channel", () => this.#channelChanged());
  }

  /** Replace the text and put the caret at a place, by default at the end. @param {string} text */
  set(text, caret = text.length) {
    this.input.value = text;
    this.input.focus();
    this.input.setSelectionRange(caret, caret);
    this.#refresh();
  }

  /** Start a command. @param {string} name */
  begin(name) {
    const entry = this.#entries().find(({ label }) => label === name);
    this.set(entry ? start(entry) : `/${name} `);
  }

  #entries() {
    return this.#uses.sort(flatten(this.store.commands(1)));
  }

  #lookup() {
    return { ...this.store.directory, picked: this.#picked };
  }

  #channelChanged() {
    const place = this.store.place();
    if (!place) return;
    const name = `${place.guild ? "#" : "@"}${place.channel.name}`;
    this.input.placeholder = say("Message {channel}, or / for commands", { channel: name });
    this.input.setAttribute("aria-label", say("Message {channel}", { channel: name }));
    this.#refresh();
  }

  #caretMoved() {
    if (this.input.value.startsWith("/") && this.#caret !== this.input.selectionStart) this.#refresh();
  }

  #refresh() {
    const text = this.input.value;
    this.#caret = this.input.selectionStart;
    this.#view = look(text, this.#caret, this.#entries(), this.#lookup());
    const { parsed, active, list, title, ask } = this.#view;
    this.problem.hidden = true;
    if (text === "/" && !this.#entries().length) this.#refuse(say("There are no commands here."));
    this.#paint(text, parsed);
    if (parsed) this.hints.show(parsed, active?.option ?? null, this.#problems(parsed));
    else this.hints.hide();
    this.#offer(document.activeElement === this.input ? list : [], title);
    this.#forget();
    this.#awaited = ask && Boolean(active?.raw);
    if (ask) this.#timer = setTimeout(() => this.#ask(), ASK_DELAY);
  }

  /** What is wrong so far, without the value that is being typed and can still become right. */
  #problems(parsed) {
    const { active, list, ask } = this.#view;
    const { problems } = check(parsed, this.#lookup());
    const isFinal = problems.filter(({ option }) => {
      const item = givenFor(parsed, option);
      return item?.raw && !(item.option === active?.option && (list.length || ask));
    });
    return new Map(isFinal.map(({ option, text }) => [option, text]));
  }

  /** Colour the option names behind the text: the mirror has the same letters in the same places. */
  #paint(text, parsed) {
    /** @type {Child[]} */
    const parts = [];
    let painted = 0;
    const mark = (from, to, kind) => {
      parts.push(text.slice(painted, from), h("mark", { class: kind }, text.slice(from, to)));
      painted = to;
    };
    if (parsed) {
      mark(0, parsed.entry.label.length + 1, "command");
      for (const item of parsed.given) if (item.valueStart > item.start) mark(item.start, item.valueStart, "marker");
    }
    // An empty field is as high as its placeholder; a text that ends in a line break has one line more.
    fill(part("mirror"), parts, text ? text.slice(painted) : this.input.placeholder, "\u200b");
  }

  /** Let suggestions of the bot that are under way be. */
  #forget() {
    clearTimeout(this.#timer);
    this.#requests += 1;
    this.#awaited = this.#enterHeld = false;
  }

  async #ask() {
    const { parsed, active } = this.#view;
    if (!parsed || !active) return;
    const request = ++this.#requests;
    const choices = await this.actions.suggestions(parsed.entry, partial(parsed, active.option, this.#lookup()));
    const now = this.#view.active;
    if (request !== this.#requests || now?.option !== active.option) return; // the answer came too late
    if (document.activeElement === this.input) this.#offer(fromBot(choices, now), now.option.name);
    this.#awaited = false;
    if (!this.#enterHeld) return;
    this.#enterHeld = false;
    this.#enter();
  }

  /** Show suggestions. */
  #offer(list, title = "") {
    this.#list = list;
    this.suggestions.hidden = list.length === 0;
    this.input.toggleAttribute("data-offering", list.length > 0);
    const heading = list.length > 0 && h("p.menu-heading", { role: "presentation" }, title);
    const rows = list.map((suggestion, index) => this.#drawSuggestion(suggestion, index));
    fill(this.suggestions, heading, rows);
    const count = sayCount(list.length, "1 suggestion", "{count} suggestions");
    part("suggestion-count").textContent = list.length ? count : "";
    const typed = list.findIndex((suggestion) => this.#isTyped(suggestion));
    this.#select(this.#isExtra(list) ? -1 : Math.max(typed, 0));
  }

  /** Whether suggestions only add options to a command that can be sent: none is highlighted, so Enter sends. */
  #isExtra(list) {
    const { parsed } = this.#view;
    const onlyOptions = list.every(({ face }) => face === "option");
    return onlyOptions && parsed !== null && !check(parsed, this.#lookup()).problems.length;
  }

  #drawSuggestion(suggestion, index) {
    const { label, detail, face } = suggestion;
    const mark = typeof face === "string" ? icon(ICONS[face]) : face && avatar(face, "tiny");
    const onClick = () => this.#choose(suggestion);
    const onPointerdown = (event) => event.preventDefault(); // the focus stays in the text
    const attributes = { role: "option", id: `suggestion-${index}`, testid: "suggestion", onClick, onPointerdown };
    return h("div.option", attributes, mark, optionText(label, detail));
  }

  #select(index) {
    this.#selected = index;
    const rows = [...this.suggestions.querySelectorAll(".option")];
    for (const row of rows) row.setAttribute("aria-selected", String(row === rows[index]));
    if (rows[index]) this.input.setAttribute("aria-activedescendant", rows[index].id);
    else this.input.removeAttribute("aria-activedescendant");
    if (index <= 0) this.suggestions.scrollTop = 0;
    else rows[index].scrollIntoView({ block: "nearest" });
  }

  #choose(/** @type {Suggestion} */ { edit: { from, to, insert }, pick }) {
    if (pick) this.#picked.set(pick.key, pick.value);
    const { value } = this.input;
    const rest = value.slice(to).replace(/^\s+/u, insert.endsWith(" ") ? "" : " ");
    this.set(value.slice(0, from) + insert + rest, from + insert.length);
  }

  #handleKey(event) {
    const { key, shiftKey } = event;
    const { parsed } = this.#view;
    const isEnter = key === "Enter" && !shiftKey;
    const isTab = key === "Tab" && !shiftKey;
    const count = this.#list.length;
    if (count > 0 && (key === "ArrowDown" || key === "ArrowUp")) {
      const next = key === "ArrowDown" ? this.#selected + 1 : this.#selected - 1;
      this.#select(next < 0 ? count - 1 : next % count);
    } else if (key === "Escape" && (count > 0 || this.#awaited)) {
      event.stopPropagation();
      this.#offer([]);
      this.#forget();
    } else if (count > 0 && isTab) this.#choose(this.#list[Math.max(this.#selected, 0)]);
    else if (isTab) return this.#goToNext();
    else if (isEnter && this.#awaited) this.#enterHeld = true;
    else if (isEnter) this.#enter();
    else if (key === "ArrowDown" && parsed && !count) {
      this.#offer(optionsToAdd(parsed, this.input.value, this.input.selectionStart), say("Options"));
      this.#select(0);
    } else if (key === "ArrowUp" && !this.input.value && this.#history.length) this.set(this.#history.at(-1) ?? "");
    else return false;
    return true;
  }

  /** Whether a suggestion is what the text says already: to take it would change nothing. @param {Suggestion} suggestion */
  #isTyped({ label, pick }) {
    const { parsed, active } = this.#view;
    if (!parsed) return false;
    const typed = active ? active.raw : `/${parsed.entry.label}`;
    if (typed.toLowerCase() === label.trim().toLowerCase()) return true;
    if (!active || pick) return false;
    const [said, meant] = [typed, label].map((text) => convert(active.option, text, this.#lookup()));
    return "value" in said && "value" in meant && said.value === meant.value; // "Noah" and "@Noah"
  }

  /** Send, or take the suggestion that is highlighted. */
  #enter() {
    if (this.#sends()) this.#submit();
    else this.#choose(this.#list[this.#selected]);
  }

  /** Whether Enter sends: nothing is highlighted, or only what a complete command says already. */
  #sends() {
    const suggestion = this.#list[this.#selected];
    if (!suggestion) return true;
    const { parsed, active } = this.#view;
    if (!parsed || !this.#isTyped(suggestion) || check(parsed, this.#lookup()).problems.length) return false;
    if (active && suggestion.pick) this.#picked.set(pickKey(active.option, active.raw), suggestion.pick.value);
    return true;
  }

  /** Go to the value of an option, or add the option. */
  #goTo(option) {
    const text = this.input.value;
    const item = this.#view.parsed && givenFor(this.#view.parsed, option);
    if (!item) return this.set(append(text, option));
    const space = /^\s/u.test(text.slice(item.valueStart)) ? 1 : 0;
    this.set(text, item.valueStart + space + item.raw.length);
  }

  /** Go on to the next option: one that is given further on, else one that can be added. An empty one is taken out. */
  #goToNext() {
    const { parsed, active } = this.#view;
    if (!parsed) return false;
    const after = parsed.given.find((item) => active && item.start >= active.end);
    if (after) {
      this.#goTo(after.option);
      return true;
    }
    const { options } = parsed.entry;
    const from = active ? options.indexOf(active.option) + 1 : 0;
    const others = [...options.slice(from), ...(active?.raw ? options.slice(0, from) : [])];
    const next = others.find((option) => !givenFor(parsed, option));
    if (!next) return false; // the focus leaves the text
    const isEmpty = active && !active.raw && !active.option.required;
    this.set(append(isEmpty ? this.input.value.slice(0, active.start) : this.input.value, next));
    return true;
  }

  #submit() {
    const text = this.input.value;
    if (!text.trim()) return;
    if (!text.startsWith("/")) {
      if (this.actions.say(text.trim())) this.#sent(text);
      return;
    }
    const entry = match(text, this.#entries());
    if (!entry) return this.#refuse(this.#unknown(text.split(/\s/u)[0]));
    const { options, problems } = check(parse(text, entry), this.#lookup());
    const [problem] = problems;
    if (!problem) {
      this.actions.command(entry, options);
      this.#uses.add(entry);
      return this.#sent(text);
    }
    if (problem.option) this.#goTo(problem.option);
    this.#offer([]);
    this.#refuse(problem.text);
  }

  #unknown(name) {
    if (!this.#entries().length) return say("There are no commands here.");
    return say("There is no command {name} here. Type / to see what there is.", { name });
  }

  #sent(text) {
    this.#history.push(text);
    this.set("");
  }

  #refuse(text) {
    fill(this.problem, icon("warning"), text);
    this.problem.hidden = false;
  }
}
