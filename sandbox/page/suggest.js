/**
 * What the composer may offer at the caret. No DOM: it takes the text and answers with a list.
 * @module suggest
 */
import { Option, complete, convert, describe, match, optionAt, parse, pickKey } from "./commands.js";

/**
 * @typedef {object} Suggestion
 * @property {string} label
 * @property {string} [detail]
 * @property {string} [face] "command", "option", "choice", "user", "role" or "channel"
 * @property {object} [item] the user, role or channel
 * @property {{from: number, to: number, insert: string}} edit what choosing it does to the text
 * @property {{key: string, value: any}} [pick] the value that the text then stands for
 */

/**
 * Look at a line and the caret in it.
 * @param {string} text
 * @param {number} caret
 * @param {import("./commands.js").Entry[]} entries
 * @param {import("./select.js").Directory} directory
 * @returns {{stage: "text"|"command"|"value"|"option", entry: object|null, parsed: object|null, active: object|null,
 *   title: string, list: Suggestion[], ask: boolean}} `ask`: the bot has to be asked for suggestions
 */
export function look(text, caret, entries, directory) {
  const nothing = { stage: "text", entry: null, parsed: null, active: null, title: "", list: [], ask: false };
  if (!text.startsWith("/")) return nothing;
  const entry = match(text, entries);
  if (!entry || caret <= entry.label.length + 1) {
    const list = complete(text.slice(0, Math.max(caret, 1)), entries).map((each) => ({
      label: `/${each.label}`,
      detail: each.description,
      face: "command",
      edit: { from: 0, to: text.length, insert: opening(each, text) },
    }));
    return { ...nothing, stage: "command", entry, parsed: entry && parse(text, entry), title: "Commands", list };
  }
  const parsed = parse(text, entry);
  const active = optionAt(parsed, caret);
  const typing = optionsToAdd(parsed, text, caret);
  const done = active && isDone(active, text.slice(0, caret), directory);
  if (active && !done) {
    const list = values(active, directory);
    if (list.length || active.option.autocomplete) {
      return {
        ...nothing,
        stage: "value",
        entry,
        parsed,
        active,
        title: active.option.name,
        list,
        ask: Boolean(active.option.autocomplete),
      };
    }
  }
  const list = active && !done ? typing.list.filter(() => typing.word.length > 1) : typing.list;
  return { ...nothing, stage: "option", entry, parsed, active, title: "Options", list };
}

/**
 * Every option that may still be added at the caret, for those who ask with the arrow keys.
 * @returns {Suggestion[]}
 */
export function remaining(parsed, text, caret) {
  return optionsToAdd(parsed, text, caret, true).list;
}

/** The text that starts an option at the end of a line. */
export function append(text, option) {
  return `${text.replace(/\s+$/u, "")} ${option.name}: `;
}

function opening(entry, text) {
  const again = match(text, [entry]);
  if (again && text.length > entry.label.length + 1) return text; // keep what stands behind the name
  const first = entry.options.find((option) => option.required);
  return first ? `/${entry.label} ${first.name}: ` : `/${entry.label} `;
}

function optionsToAdd(parsed, text, caret, all = false) {
  const word = all ? "" : (/(?:^|\s)([\p{L}\p{N}_-]*)$/u.exec(text.slice(0, caret))?.[1] ?? "");
  const free = parsed.entry.options.filter((option) => !parsed.given.some(
    (item) => item.option === option && item.start !== item.valueStart,
  ));
  const fits = free.filter((option) => option.name.startsWith(word.toLowerCase()));
  const from = caret - word.length;
  const list = fits.map((option) => {
    const { type, range } = describe(option);
    const facts = [option.required ? "required" : "", type, range].filter(Boolean).join(", ");
    const space = from > 0 && !/\s$/u.test(text.slice(0, from)) ? " " : "";
    return {
      label: option.name,
      detail: `${option.description} (${facts})`,
      face: "option",
      edit: { from, to: caret, insert: `${space}${option.name}: ` },
    };
  });
  return { word, list };
}

/** Whether a value is complete and left behind by a space. A free text goes on for as long as one types. */
function isDone({ option, raw }, before, directory) {
  const picked = directory.picked?.has(pickKey(option, raw));
  const free = option.type === Option.STRING && !option.choices?.length && !picked;
  return !free && /\s$/u.test(before) && !("problem" in convert(option, raw, directory));
}

function values({ option, raw, valueStart, end }, directory) {
  const wanted = raw.toLowerCase();
  const edit = (insert) => ({ from: valueStart, to: end, insert: ` ${insert} ` });
  const fits = (name) => name.toLowerCase().includes(wanted);
  if (option.choices?.length) {
    return option.choices.filter(({ name }) => fits(name)).map(
      ({ name }) => ({ label: name, face: "choice", edit: edit(name) }),
    );
  }
  if (option.type === Option.BOOLEAN) return ["True", "False"].filter(fits).map(
    (name) => ({ label: name, face: "choice", edit: edit(name) }),
  );
  const users = [Option.USER, Option.MENTIONABLE].includes(option.type)
    ? directory.users.map((item) => named(item, "user", "@", item.global_name || item.username))
    : [];
  const roles = [Option.ROLE, Option.MENTIONABLE].includes(option.type)
    ? directory.roles.map((item) => named(item, "role", "@", item.name))
    : [];
  const channels = option.type === Option.CHANNEL
    ? directory.channels.map((item) => named(item, "channel", "#", item.name))
    : [];
  return [...users, ...roles, ...channels].filter(({ label }) => fits(label)).map(
    (each) => ({ ...each, edit: edit(each.label) }),
  );
}

const named = (item, face, sign, name) => ({ label: `${sign}${name}`, face, item });

/** Suggestions of the bot for the option that is being typed. @returns {Suggestion[]} */
export function fromBot(choices, active) {
  return choices.map(({ name, value }) => ({
    label: name, face: "choice",
    edit: { from: active.valueStart, to: active.end, insert: ` ${name.trim()} ` },
    pick: { key: pickKey(active.option, name), value },
  }));
}
