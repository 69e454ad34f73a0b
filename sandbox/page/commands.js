/**
 * Slash commands as text: which ones are available, what a line says, and whether it can be sent.
 *
 * Pure: no DOM, no network. Everything comes from the commands that the bot registered; no command and no option is
 * known here by name.
 */
import { shorten } from "./dom.js";
import { say } from "./words.js";

/** Discord's numbers for option types. */
export const Option = Object.freeze({
  SUBCOMMAND: 1,
  GROUP: 2,
  STRING: 3,
  INTEGER: 4,
  BOOLEAN: 5,
  USER: 6,
  CHANNEL: 7,
  ROLE: 8,
  MENTIONABLE: 9,
  NUMBER: 10,
  ATTACHMENT: 11,
});

const ENTITIES = { 6: "a member", 7: "a channel", 8: "a role", 9: "a member or role" };
const TYPE_NAMES = {
  6: "member",
  7: "channel",
  8: "role",
  9: "member or role",
  3: "text",
  4: "whole number",
  5: "true or false",
  10: "number",
  11: "file",
};
const LONGEST_TEXT = 6000; // Discord's own limit for a text option

/**
 * The commands of one kind that Discord would offer here.
 * @param {Discord.Command[]} commands as the bot registered them
 * @param {Partial<Store["where"]>} place
 * @param {number} kind 1: slash, 2: on a user, 3: on a message
 */
export function available(commands, place, kind = 1) {
  const invited = place.hasBot !== false && !place.private;
  const context = place.private ? 2 : place.guildId ? 0 : 1;
  return commands.filter((command) => {
    if ((command.type ?? 1) !== kind) return false;
    if ((command.guild_id ?? place.guildId) !== place.guildId) return false;
    const installs = command.integration_types ?? [0];
    if (!(installs.includes(0) && invited) && !(installs.includes(1) && place.installed)) return false;
    const contexts = command.contexts ?? (command.dm_permission === false ? [0, 2] : [0, 1, 2]);
    if (!contexts.includes(context)) return false;
    if (command.nsfw && place.guildId && !place.nsfw) return false;
    const needed = command.default_member_permissions ?? null; // "0": administrators only, until they allow it
    return needed === null || !place.guildId || (needed === "0" ? place.administrator : place.moderator);
  });
}

/** Commands and subcommands as one list. @param {Discord.Command[]} commands */
export function flatten(commands) {
  return commands.flatMap((command) => branch(command, [], command.name, command));
}

function branch(command, path, label, /** @type {Discord.Command | Discord.Option} */ { description, options = [] }) {
  const children = options.filter((option) => option.type <= Option.GROUP);
  if (!children.length) {
    const required = options.filter((option) => option.required);
    const optional = options.filter((option) => !option.required);
    return [{ command, path, label, description, options: [...required, ...optional] }];
  }
  return children.flatMap((child) => branch(command, [...path, child], `${label} ${child.name}`, child));
}

/** The entry that a line names, or null while the name is incomplete. The longest name wins. */
export function match(/** @type {string} */ text, /** @type {Entry[]} */ entries) {
  const named = entries.filter(
    ({ label }) => text.startsWith(`/${label}`) && /^(\s|$)/u.test(text.slice(label.length + 1)),
  );
  return named.sort((a, b) => b.label.length - a.label.length)[0] ?? null;
}

/** The entries that the beginning of a line can still become, the closest first. */
export function complete(/** @type {string} */ text, /** @type {Entry[]} */ entries) {
  const typed = text.slice(1).toLowerCase().replace(/\s+/gu, " ");
  const part = typed.trim();
  const starts = entries.filter(({ label }) => label.startsWith(typed));
  return [...starts, ...entries.filter((entry) => !starts.includes(entry) && part && entry.label.includes(part))];
}

/**
 * Parse a line. The `name:` of an option starts its value, which ends at the next one; a name that was given
 * already is text, so a prompt may hold any colon. Text before the first name belongs to the first required text
 * option.
 * @returns {Parsed}
 */
export function parse(/** @type {string} */ text, /** @type {Entry} */ entry) {
  const from = entry.label.length + 1;
  const byName = new Map(entry.options.map((option) => [option.name, option]));
  /** @type {Given[]} */
  const given = [];
  const marker = /(^|\s)([\p{L}\p{N}_'-]{1,32}):/gu;
  marker.lastIndex = from;
  for (let match = marker.exec(text); match; match = marker.exec(text)) {
    const option = byName.get(match[2]);
    const start = match.index + match[1].length;
    if (!option || given.some((item) => item.option === option)) {
      marker.lastIndex = start + 1; // "a:b:" may hold a marker further on
      continue;
    }
    given.push({ option, start, valueStart: start + option.name.length + 1, end: text.length, raw: "" });
  }
  given.forEach((item, index) => {
    item.end = given[index + 1]?.start ?? text.length;
    item.raw = text.slice(item.valueStart, item.end).trim();
  });
  const until = given[0]?.start ?? text.length;
  const stray = text.slice(from, until).trim();
  const option = entry.options.find((candidate) => candidate.required && candidate.type === Option.STRING);
  if (stray && option && !given.some((item) => item.option === option)) {
    const start = from + text.slice(from, until).search(/\S/u);
    given.unshift({ option, start, valueStart: start, end: until, raw: stray });
    return { entry, given, stray: "" };
  }
  return { entry, given, stray };
}

/** The option whose value holds the caret, or null. @param {Parsed} parsed @param {number} caret */
export function optionAt(parsed, caret) {
  return parsed.given.findLast((item) => caret >= item.valueStart && caret <= item.end) ?? null;
}

/** The value that was given for an option. @param {Parsed} parsed @param {Discord.Option | null} option */
export const givenFor = (parsed, option) => parsed.given.find((item) => item.option === option);

/** Check a line as Discord's client does, and make the options that are sent. */
export function check(/** @type {Parsed} */ parsed, /** @type {Lookup} */ lookup) {
  /** @type {{option: Discord.Option | null, text: string}[]} */
  const problems = [];
  const values = [];
  const { entry, stray } = parsed;
  if (stray) {
    const example = entry.options.length
      ? ` ${say("Name one first, such as “{name}:”.", { name: entry.options[0].name })}`
      : "";
    problems.push({
      option: null,
      text: `${say("“{text}” belongs to no option.", { text: shorten(stray, 40) })}${example}`,
    });
  }
  for (const option of entry.options) {
    const { type, name, required } = option;
    const item = givenFor(parsed, option);
    if (!item?.raw) {
      if (required) problems.push({ option, text: `${name} ${say("is required.")}` });
      else if (item) problems.push({ option, text: `${name} ${say("has no value. Give it one, or take it out.")}` });
      continue;
    }
    const result = convert(option, item.raw, lookup);
    if ("problem" in result) problems.push({ option, text: `${name} ${result.problem}` });
    else values.push({ name, type, value: result.value });
  }
  return { options: nest(entry.path, values), problems };
}

/** The options of an autocomplete request: those that are valid so far, and the focused one as it was typed. */
export function partial(/** @type {Parsed} */ parsed, focused, /** @type {Lookup} */ lookup) {
  const values = parsed.given.flatMap(({ option, raw }) => {
    const { type, name } = option;
    if (option === focused) return [{ name, type, value: raw, focused: true }];
    const result = convert(option, raw, lookup);
    return "problem" in result ? [] : [{ name, type, value: result.value }];
  });
  return nest(parsed.entry.path, values);
}

function nest(path, values) {
  return path.reduceRight((options, { name, type }) => [{ name, type, options }], values);
}

/** The key of a suggestion that the user chose: the text shows only its name, not its value. */
export const pickKey = (/** @type {Discord.Option} */ option, name) => `${option.name}\n${name.trim()}`;

/** @typedef {{value: string | number | boolean} | {problem: string}} Result the problem continues "<option name> …" */

/** Convert one value to what is sent. @returns {Result} */
export function convert(/** @type {Discord.Option} */ option, /** @type {string} */ raw, /** @type {Lookup} */ lookup) {
  const picked = lookup.picked?.get(pickKey(option, raw));
  if (picked !== undefined) return { value: picked };
  if (option.choices?.length) return convertChoice(option.choices, raw.toLowerCase());
  switch (option.type) {
    case Option.STRING:
      return convertText(option, raw);
    case Option.INTEGER:
      if (!/^[+-]?\d+$/u.test(raw)) return { problem: say("must be a whole number{range}.", { range: range(option) }) };
      return convertNumber(option, Number(raw));
    case Option.NUMBER:
      if (!/^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/u.test(raw))
        return { problem: say("must be a number{range}.", { range: range(option) }) };
      return convertNumber(option, Number(raw.replace(",", ".")));
    case Option.BOOLEAN:
      if (/^(true|yes|on)$/iu.test(raw)) return { value: true };
      return /^(false|no|off)$/iu.test(raw) ? { value: false } : { problem: say("must be True or False.") };
    case Option.ATTACHMENT:
      return { problem: say("takes a file, which this page cannot attach.") };
    default:
      return convertEntity(option, raw, lookup);
  }
}

function convertChoice(choices, wanted) {
  const choice =
    choices.find(({ name }) => name.toLowerCase() === wanted) ??
    choices.find(({ value }) => String(value).toLowerCase() === wanted);
  if (choice) return { value: choice.value };
  return { problem: say("must be one of: {choices}.", { choices: choices.map(({ name }) => name).join(", ") }) };
}

function convertText({ min_length: least = 0, max_length: most = LONGEST_TEXT }, raw) {
  const { length } = Array.from(raw);
  if (length < least)
    return { problem: say("must have at least {least} characters; it has {length}.", { least, length }) };
  if (length <= most) return { value: raw };
  return { problem: say("may have at most {most} characters; it has {length}.", { most, length }) };
}

function convertNumber(option, value) {
  const { type, min_value: low, max_value: high } = option;
  if (type === Option.INTEGER && !Number.isSafeInteger(value)) return { problem: say("is too large a number.") };
  if (low !== undefined && value < low)
    return { problem: say("must be at least {low}{range}.", { low, range: range(option) }) };
  if (high === undefined || value <= high) return { value };
  return { problem: say("must be at most {high}{range}.", { high, range: range(option) }) };
}

function convertEntity({ type }, raw, { users, channels, roles }) {
  const candidates = { 6: users, 7: channels, 8: roles, 9: [...users, ...roles] };
  const id = /^(?:<(?:@[!&]?|#))?(\d{5,})>?$/u.exec(raw)?.[1];
  const name = raw.replace(/^[@#]/u, "").toLowerCase();
  const entity = (candidates[type] ?? []).find((item) =>
    id ? item.id === id : [item.global_name, item.username, item.name].some((each) => each?.toLowerCase() === name),
  );
  return entity
    ? { value: entity.id }
    : { problem: say("must be {what} of this server.", { what: say(ENTITIES[type]) }) };
}

/** What an option takes, as text: `{type: "whole number", range: "1 to 4"}`; range is "" where there is none. */
export function describe(/** @type {Discord.Option} */ option) {
  const { type, choices, min_value: low, max_value: high, min_length: short, max_length: long } = option;
  if (choices?.length) {
    const names =
      choices.length <= 6
        ? choices.map(({ name }) => name).join(", ")
        : say("{count} choices", { count: choices.length });
    return { type: say("one of {choices}", { choices: names }), range: "" };
  }
  const limits = type === Option.STRING ? span(short, long, ` ${say("characters")}`) : span(low, high, "");
  return { type: say(TYPE_NAMES[type] ?? "value"), range: limits };
}

function span(low, high, unit) {
  if (low !== undefined && high !== undefined) return say("{low} to {high}", { low, high }) + unit;
  if (high !== undefined) return say("at most {high}", { high }) + unit;
  return low === undefined ? "" : say("at least {low}", { low }) + unit;
}

function range(/** @type {Discord.Option} */ { min_value: low, max_value: high }) {
  return low !== undefined && high !== undefined ? ` (${say("{low} to {high}", { low, high })})` : "";
}
