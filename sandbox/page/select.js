/**
 * Select menus of every kind, in messages and in modals: a button that opens a list, with descriptions, several
 * values, and a search where the list is long.
 */
import { fill, h, uid } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { openPopup } from "./popup.js";
import { displayName } from "./store.js";
import { say } from "./words.js";

const SEARCH_FROM = 8; // options
export const SELECT_TYPES = new Set([3, 5, 6, 7, 8]);

/** @typedef {{value: string, label: string, description?: string, face?: Child, preset?: boolean}} Choice */

/** A label with an optional description below it. @param {string} label @param {string} [detail] */
export function optionText(label, detail) {
  const auto = { dir: "auto" };
  return h("span.option-text", h("span.option-label", auto, label), detail && h("span.option-detail", auto, detail));
}

/** @returns {Choice[]} */
function choicesOf(/** @type {Discord.Component} */ component, /** @type {Directory} */ directory) {
  if (component.type === 3) {
    return (component.options ?? []).map(({ value, label, description, emoji, default: preset }) => {
      const face = emoji?.name && h("span.emoji", { "aria-hidden": "true" }, emoji.name);
      return { value, label, description, preset, face };
    });
  }
  const users = directory.users.map((user) => {
    const face = avatar(user, "tiny");
    return { value: user.id, label: displayName(user), description: user.username, face };
  });
  const roles = directory.roles.map(({ id, name }) => ({ value: id, label: `@${name}`, face: icon("at") }));
  const channels = directory.channels.map(({ id, name }) => ({ value: id, label: name, face: icon("hash") }));
  const lists = { 5: users, 6: roles, 7: [...users, ...roles], 8: channels };
  const preset = new Set((component.default_values ?? []).map(({ id }) => id));
  return lists[component.type].map((choice) => ({ ...choice, preset: preset.has(choice.value) }));
}

/**
 * Build a select. `onCommit` is called once, when the list closes with other values than it opened with.
 * @param {Discord.Component} component
 * @param {Directory} directory
 * @param {{id?: string, label: string, describedBy?: string, onCommit?: (values: string[]) => void}} options
 */
export function createSelect(component, directory, { id, label, describedBy, onCommit }) {
  const choices = choicesOf(component, directory);
  const least = component.min_values ?? 1;
  const most = Math.min(component.max_values ?? 1, Math.max(choices.length, 1));
  const several = most > 1;
  const name = component.placeholder || label;
  let chosen = choices.filter((choice) => choice.preset).map((choice) => choice.value);
  const shown = h("span.select-value");
  const attributes = {
    id,
    disabled: component.disabled,
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    "aria-describedby": describedBy,
    key: component.custom_id,
    testid: "select",
    dataset: { customId: component.custom_id ?? "" },
    onClick: open,
  };
  const button = h("button.select", attributes, shown, icon("chevron", "select-arrow"));
  show();
  return { element: h("div.select-box", button), values: () => [...chosen], button };

  function show() {
    const labels = chosen.map((value) => choices.find((choice) => choice.value === value)?.label ?? value);
    const placeholder = h("span.placeholder", component.placeholder || say("Make a selection"));
    const chips = labels.map((text) => h("span", { class: several && "select-chip" }, text));
    fill(shown, labels.length ? chips : placeholder);
    button.setAttribute("aria-label", labels.length ? `${name}: ${labels.join(", ")}` : name);
  }

  function open() {
    const before = [...chosen];
    const id = uid("list");
    const options = choices.map((choice) => drawOption(choice, chosen.includes(choice.value), pick));
    const multiple = { "aria-multiselectable": String(several) };
    const list = h("div", { role: "listbox", id, "aria-label": name, ...multiple }, options);
    const empty = h("p.menu-note", { hidden: true }, say("Nothing by that name."));
    const naming = { placeholder: say("Search"), "aria-label": say("Search {name}", { name }) };
    const search = h("input.input", { type: "search", ...naming, autocomplete: "off", onInput: filter });
    const searchable = choices.length >= SEARCH_FROM;
    const range = least === most ? most : say("{low} to {high}", { low: least, high: most });
    const note = several && h("p.menu-note", say("Choose {range}, then close the list.", { range }));
    const panel = h("div.menu.select-list", searchable && search, note, list, empty);
    const visible = () => options.filter((option) => !option.hidden);
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && (event.key !== " " || event.target === search)) return;
      event.preventDefault();
      const target = /** @type {HTMLElement} */ (event.target);
      (target === search ? visible()[0] : options.find((option) => option.contains(target)))?.click();
    });
    button.setAttribute("aria-controls", id);
    const close = openPopup(button, panel, visible, { matchWidth: true, onClose: commit });
    const selected = options.find((option) => option.getAttribute("aria-selected") === "true");
    (searchable ? search : (selected ?? options[0]))?.focus();

    function filter() {
      const wanted = search.value.trim().toLowerCase();
      for (const option of options) option.hidden = !option.textContent.toLowerCase().includes(wanted);
      empty.hidden = visible().length > 0;
    }

    function pick({ currentTarget: option }) {
      const { value } = option.dataset;
      const has = chosen.includes(value);
      if (!several) {
        chosen = has && least === 0 ? [] : [value];
        show();
        close();
      } else if (has || chosen.length < most) {
        chosen = has ? chosen.filter((other) => other !== value) : [...chosen, value];
        option.setAttribute("aria-selected", String(!has));
        show();
      }
    }

    function commit() {
      button.removeAttribute("aria-controls");
      if (chosen.length < least && onCommit) chosen = before;
      show();
      if (chosen.join() !== before.join()) onCommit?.([...chosen]);
    }
  }
}

function drawOption(/** @type {Choice} */ { value, label, description, face }, selected, onClick) {
  const state = { role: "option", tabindex: -1, "aria-selected": String(selected) };
  const attributes = { ...state, id: uid("option"), dataset: { value }, onClick };
  return h("div.option", attributes, face, optionText(label, description), icon("check", "option-check"));
}
