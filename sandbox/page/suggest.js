/** What the composer suggests at the caret. No DOM: it takes the text and returns a list. */
import { complete, convert, describe, givenFor, match, Option, optionAt, parse, pickKey } from "./commands.js";
import { displayName } from "./store.js";
import { say } from "./words.js";

/** Look at a line and the caret in it. @param {string} text @param {number} caret @param {Entry[]} entries @returns {View} */
export function look(text, caret, entries, /** @type {Lookup} */ lookup) {
  /** @type {View} */
  const nothing = { parsed: null, active: null, title: "", list: [], ask: false };
  if (!text.startsWith("/")) return nothing;
  const entry = match(text, entries);
  const parsed = entry && parse(text, entry);
  if (!parsed || caret <= parsed.entry.label.length + 1) {
    const list = complete(text.slice(0, Math.max(caret, 1)), entries).map((each) => {
      const edit = { from: 0, to: text.length, insert: opening(each, text) };
      return { label: `/${each.label}`, detail: each.description, face: /** @type {const} */ ("command"), edit };
    });
    return { ...nothing, parsed, title: say("Commands"), list };
  }
  const active = optionAt(parsed, caret);
  const open = active && !isComplete(active, text.slice(0, caret), lookup);
  const ask = Boolean(active?.option.autocomplete);
  const list = open ? suggestValues(active, lookup) : [];
  if (open && (list.length || ask)) return { parsed, active, title: active.option.name, list, ask };
  const word = /(?:^|\s)([\p{L}\p{N}_-]*)$/u.exec(text.slice(0, caret))?.[1] ?? "";
  const options = open && word.length < 2 ? [] : optionsToAdd(parsed, text, caret, word);
  return { ...nothing, parsed, active, title: say("Options"), list: options };
}

/** The text that starts an option at the end of a line. @param {string} text @param {Discord.Option} option */
export function append(text, option) {
  return `${text.replace(/\s+$/u, "")} ${option.name}: `;
}

/** The text that starts a command. @param {Entry} entry */
export function start({ label, options }) {
  const first = options.find((option) => option.required);
  return first ? `/${label} ${first.name}: ` : `/${label} `;
}

function opening(entry, text) {
  const hasMore = match(text, [entry]) && text.length > entry.label.length + 1;
  return hasMore ? text : start(entry); // keep what is behind the name
}

/** The options that can be added at the caret; `word` is the beginning of a name before it. @returns {Suggestion[]} */
export function optionsToAdd(/** @type {Parsed} */ parsed, /** @type {string} */ text, caret, word = "") {
  const isFree = (option) => {
    const item = givenFor(parsed, option);
    return !item || item.start === item.valueStart; // a value without its name may still get the name
  };
  const from = caret - word.length;
  const space = from > 0 && !/\s$/u.test(text.slice(0, from)) ? " " : "";
  return parsed.entry.options
    .filter((option) => isFree(option) && option.name.startsWith(word.toLowerCase()))
    .map((option) => {
      const { type, range } = describe(option);
      const facts = [option.required && say("required"), type, range].filter(Boolean).join(", ");
      const edit = { from, to: caret, insert: `${space}${option.name}: ` };
      return { label: option.name, detail: `${option.description} (${facts})`, face: "option", edit };
    });
}

/** Whether a value is complete and followed by a space. A free text never is: its next word may follow. */
function isComplete({ option, raw }, before, lookup) {
  const picked = lookup.picked?.has(pickKey(option, raw));
  const free = option.type === Option.STRING && !option.choices?.length && !picked;
  return !free && /\s$/u.test(before) && !("problem" in convert(option, raw, lookup));
}

function suggestValues({ option, raw, valueStart, end }, lookup) {
  const { type, choices } = option;
  const users = lookup.users.map((user) => ({ label: `@${displayName(user)}`, face: user }));
  const roles = lookup.roles.map(({ name }) => ({ label: `@${name}`, face: "role" }));
  const byType = {
    [Option.BOOLEAN]: [{ label: "True" }, { label: "False" }],
    [Option.CHANNEL]: lookup.channels.map(({ name }) => ({ label: `#${name}`, face: "channel" })),
    [Option.USER]: users,
    [Option.ROLE]: roles,
    [Option.MENTIONABLE]: [...users, ...roles],
  };
  const values = choices?.length ? choices.map(({ name }) => ({ label: name })) : (byType[type] ?? []);
  return values
    .filter(({ label }) => label.toLowerCase().includes(raw.toLowerCase()))
    .map((value) => ({ ...value, edit: { from: valueStart, to: end, insert: ` ${value.label} ` } }));
}

/** The bot's suggestions for the option at the caret. @returns {Suggestion[]} */
export function fromBot(/** @type {Discord.Choice[]} */ choices, /** @type {Given} */ { option, valueStart, end }) {
  return choices.map(({ name, value }) => {
    const edit = { from: valueStart, to: end, insert: ` ${name.trim()} ` };
    return { label: name, edit, pick: { key: pickKey(option, name), value } };
  });
}
