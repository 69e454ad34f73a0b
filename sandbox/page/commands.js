/**
 * Slash commands as text: which ones are there, what a line says, and whether it may be sent.
 *
 * Pure: no DOM, no network. Everything comes from the commands that the bot registered; no command and no option is
 * known here by name.
 * @module commands
 */

/** Discord's numbers for option types. */
export const Option = Object.freeze({
  SUBCOMMAND: 1, GROUP: 2, STRING: 3, INTEGER: 4, BOOLEAN: 5, USER: 6, CHANNEL: 7, ROLE: 8, MENTIONABLE: 9,
  NUMBER: 10, ATTACHMENT: 11,
});

const TYPE_WORDS = {
  3: "text", 4: "whole number", 5: "true or false", 6: "member", 7: "channel", 8: "role", 9: "member or role",
  10: "number", 11: "file",
};
const LONGEST_TEXT = 6000; // Discord's own limit for a text option

/**
 * @typedef {{command: object, path: string[], label: string, description: string, options: object[]}} Entry
 *   One thing that can be run: a command, or one of its subcommands.
 */

/**
 * @typedef {{option: object, start: number, valueStart: number, end: number, raw: string}} Given
 *   An option in a line: where its name starts, where its value starts and ends, and the value as typed.
 */

/**
 * The commands of one kind that Discord would offer here.
 * @param {object[]} commands as the bot registered them
 * @param {{guildId: string|null, nsfw: boolean, moderator: boolean, private?: boolean, hasBot?: boolean,
 *   installed?: boolean}} place `hasBot`: the bot was invited there; `installed`: you added it to your account;
 *   `private`: a direct channel without the bot
 * @param {number} kind 1: slash, 2: on a user, 3: on a message
 */
export function available(commands, place, kind = 1) {
  return commands.filter((command) => {
    if ((command.type ?? 1) !== kind) return false;
    const invited = place.hasBot !== false && !place.private;
    if (command.guild_id && (command.guild_id !== place.guildId || !invited)) return false;
    const installs = command.integration_types ?? [0];
    if (!(installs.includes(0) && invited) && !(installs.includes(1) && place.installed)) return false;
    const context = place.private ? 2 : place.guildId ? 0 : 1;
    const offered = command.contexts ?? (command.dm_permission === false ? [0, 2] : [0, 1, 2]);
    if (!offered.includes(context)) return false;
    if (command.nsfw && place.guildId && !place.nsfw) return false;
    const needed = command.default_member_permissions ?? null; // "0": nobody, until an admin opens it
    return needed === null || !place.guildId || (place.moderator && needed !== "0");
  });
}

/** Commands and subcommands as one list. @returns {Entry[]} */
export function flatten(commands) {
  return commands.flatMap((command) => branch(command, [], command.name, command));
}

function branch(command, path, label, node) {
  const children = (node.options ?? []).filter((option) => option.type <= Option.GROUP);
  if (!children.length) {
    return [{ command, path, label, description: node.description, options: requiredFirst(node.options ?? []) }];
  }
  return children.flatMap((child) => branch(command, [...path, child], `${label} ${child.name}`, child));
}

const requiredFirst = (options) => [
  ...options.filter((option) => option.required),
  ...options.filter((option) => !option.required),
];

/** The entry that a line names, or null while the name is incomplete. The longest name wins. */
export function match(text, entries) {
  return entries
    .filter(({ label }) => text.startsWith(`/${label}`) && /^(\s|$)/u.test(text.slice(label.length + 1)))
    .reduce((best, entry) => (!best || entry.label.length > best.label.length ? entry : best), null);
}

/** The entries that the beginning of a line may still become, the closest first. */
export function complete(text, entries) {
  const typed = text.slice(1).toLowerCase().replace(/\s+/gu, " ");
  const starts = entries.filter(({ label }) => label.startsWith(typed));
  const inside = entries.filter(
    ({ label }) => !label.startsWith(typed) && typed.trim() && label.includes(typed.trim()),
  );
  return [...starts, ...inside];
}

/**
 * Read a line. A known option's `name:` opens its value, which runs to the next one; a name that was given
 * already is text, so a prompt may hold any colon. Text before the first name belongs to the first required text
 * option.
 *
 * @param {string} text
 * @param {Entry} entry
 * @returns {{entry: Entry, given: Given[], stray: string}} `stray`: text that belongs to no option
 */
export function parse(text, entry) {
  const from = entry.label.length + 1;
  const byName = new Map(entry.options.map((option) => [option.name, option]));
  const given = [];
  const marker = /(^|\s)([\p{L}\p{N}_'-]{1,32}):/gu;
  marker.lastIndex = from;
  for (let found = marker.exec(text); found; found = marker.exec(text)) {
    const option = byName.get(found[2]);
    if (!option || given.some((item) => item.option === option)) {
      marker.lastIndex = found.index + found[1].length + 1; // "a:b:" may hide a marker further on
      continue;
    }
    const start = found.index + found[1].length;
    given.push({ option, start, valueStart: start + option.name.length + 1, end: text.length, raw: "" });
  }
  given.forEach((item, index) => {
    item.end = given[index + 1]?.start ?? text.length;
    item.raw = text.slice(item.valueStart, item.end).trim();
  });
  const until = given[0]?.start ?? text.length;
  const stray = text.slice(from, until).trim();
  const taker = entry.options.find((option) => option.required && option.type === Option.STRING);
  if (stray && taker && !given.some((item) => item.option === taker)) {
    const start = from + text.slice(from, until).search(/\S/u);
    given.unshift({ option: taker, start, valueStart: start, end: until, raw: stray });
    return { entry, given, stray: "" };
  }
  return { entry, given, stray };
}

/** The option whose value the caret stands in, or null. */
export function optionAt(parsed, caret) {
  return parsed.given.findLast((item) => caret >= item.valueStart && caret <= item.end) ?? null;
}

/**
 * Check a line as Discord's client does, and turn it into what is sent.
 * @param {ReturnType<typeof parse>} parsed
 * @param {{users: object[], roles: object[], channels: object[]}} directory what names may stand for here
 * @returns {{options: object[], problems: {option: object|null, text: string}[]}}
 */
export function check(parsed, directory) {
  const problems = [];
  const values = [];
  if (parsed.stray) {
    problems.push({
      option: null,
      text: `“${shorten(parsed.stray)}” belongs to no option.${example(parsed.entry.options[0])}`,
    });
  }
  for (const option of parsed.entry.options) {
    const item = parsed.given.find((candidate) => candidate.option === option);
    if (!item || !item.raw) {
      if (option.required) problems.push({ option, text: `${option.name} is required.` });
      else if (item) problems.push({ option, text: `${option.name} has no value. Give it one, or take it out.` });
      continue;
    }
    const result = convert(option, item.raw, directory);
    if ("problem" in result) problems.push({ option, text: `${option.name} ${result.problem}` });
    else values.push({ name: option.name, type: option.type, value: result.value });
  }
  return { options: nest(parsed.entry.path, values), problems };
}

/** The options as far as they can be read, with the focused one marked: what an autocomplete request carries. */
export function partial(parsed, focused, directory) {
  const values = parsed.given.flatMap(({ option, raw }) => {
    if (option === focused) return [{ name: option.name, type: option.type, value: raw, focused: true }];
    const result = convert(option, raw, directory);
    return "problem" in result ? [] : [{ name: option.name, type: option.type, value: result.value }];
  });
  return nest(parsed.entry.path, values);
}

function nest(path, values) {
  return path.reduceRight((options, node) => [{ name: node.name, type: node.type, options }], values);
}

/** Under what the value of a choice of the bot's is kept: the text shows the choice's name only. */
export const pickKey = (option, name) => `${option.name}\n${name.trim()}`;

/**
 * Read one value.
 * @returns {{value: any}|{problem: string}} the problem continues a sentence that begins with the option's name
 */
export function convert(option, raw, directory) {
  const picked = directory.picked?.get(pickKey(option, raw));
  if (picked !== undefined) return { value: picked };
  if (option.choices?.length) {
    const wanted = raw.toLowerCase();
    const choice = option.choices.find(({ name }) => name.toLowerCase() === wanted) ?? option.choices.find(
      ({ value }) => String(value).toLowerCase() === wanted,
    );
    return choice
      ? { value: choice.value }
      : { problem: `must be one of: ${option.choices.map(({ name }) => name).join(", ")}.` };
  }
  switch (option.type) {
    case Option.STRING:
      return text(option, raw);
    case Option.INTEGER:
      return /^[+-]?\d+$/u.test(raw)
        ? amount(option, Number(raw))
        : { problem: `must be a whole number${within(option)}.` };
    case Option.NUMBER:
      return /^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/u.test(raw)
        ? amount(option, Number(raw.replace(",", ".")))
        : { problem: `must be a number${within(option)}.` };
    case Option.BOOLEAN:
      if (/^(true|yes|on)$/iu.test(raw)) return { value: true };
      return /^(false|no|off)$/iu.test(raw) ? { value: false } : { problem: "must be True or False." };
    case Option.ATTACHMENT:
      return { problem: "takes a file, which this page cannot attach." };
    default:
      return entity(option, raw, directory);
  }
}

function text(option, raw) {
  const length = Array.from(raw).length;
  const most = option.max_length ?? LONGEST_TEXT;
  if (length < (option.min_length ?? 0)) return {
    problem: `must have at least ${option.min_length} characters; it has ${length}.`,
  };
  return length > most ? { problem: `may have at most ${most} characters; it has ${length}.` } : { value: raw };
}

function amount(option, value) {
  if (option.type === Option.INTEGER && !Number.isSafeInteger(value)) return { problem: "is too large a number." };
  if (option.min_value !== undefined && value < option.min_value) return {
    problem: `must be at least ${option.min_value}${within(option)}.`,
  };
  if (option.max_value !== undefined && value > option.max_value) return {
    problem: `must be at most ${option.max_value}${within(option)}.`,
  };
  return { value };
}

function entity(option, raw, directory) {
  const kinds = { 6: ["users"], 7: ["channels"], 8: ["roles"], 9: ["users", "roles"] }[option.type] ?? [];
  const candidates = kinds.flatMap((kind) => directory[kind]);
  const id = /^(?:<(?:@[!&]?|#))?(\d{5,})>?$/u.exec(raw)?.[1];
  const name = raw.replace(/^[@#]/u, "").toLowerCase();
  const found = candidates.find(
    (item) => (id ? item.id === id : [
      item.global_name,
      item.username,
      item.name,
    ].some((each) => each?.toLowerCase() === name)),
  );
  return found ? { value: found.id } : { problem: `must be a ${TYPE_WORDS[option.type]} of this server.` };
}

/** What an option takes, in words: `{type: "whole number", range: "1 to 4"}`; range is "" where there is none. */
export function describe(option) {
  const { min_value: low, max_value: high, min_length: short, max_length: long } = option;
  let range = span(low, high, "");
  if (option.type === Option.STRING) range = span(short, long, " characters");
  if (option.choices?.length) {
    const names = option.choices.map(({ name }) => name);
    return { type: names.length <= 6 ? `one of ${names.join(", ")}` : `one of ${names.length} choices`, range: "" };
  }
  return { type: TYPE_WORDS[option.type] ?? "value", range };
}

function span(low, high, unit) {
  const has = (value) => value !== undefined && value !== null;
  if (has(low) && has(high)) return `${low} to ${high}${unit}`;
  if (has(high)) return `at most ${high}${unit}`;
  return has(low) ? `at least ${low}${unit}` : "";
}

function within(option) {
  const { min_value: low, max_value: high } = option;
  return low !== undefined && high !== undefined ? ` (${low} to ${high})` : "";
}

const example = (option) => (option ? ` Name one first, such as “${option.name}:”.` : "");
const shorten = (value) => (value.length > 40 ? `${value.slice(0, 39)}…` : value);
