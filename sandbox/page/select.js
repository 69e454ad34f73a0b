/**
 * Select menus of every kind, in messages and in modals: a button that opens a list, with descriptions, several
 * values, and a search where the list is long.
 * @module select
 */
/** @import { Directory } from "./store.js" */
import { fill, h, uid } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { moveFocusByKeys, openPopup } from "./popup.js";
import { displayName } from "./store.js";

const SEARCH_FROM = 8; // options
export const SELECT_TYPES = new Set([3, 5, 6, 7, 8]);

/** @typedef {{value: string, label: string, description?: string, face?: Child, preset?: boolean}} Choice */

/** A label with an optional description below it. @param {string} label @param {string} [detail] */
export function optionText(label, detail) {
  return h("span.option-text", h("span.option-label", label), detail && h("span.option-detail", detail));
}

/**
 * @param {Discord.Component} component
 * @param {Directory} directory
 * @returns {Choice[]}
 */
function choicesOf(component, directory) {
  if (component.type === 3) {
    return (component.options ?? []).map(({ value, label, description, emoji, default: preset }) => {
      const face = emoji?.name && h("span.emoji", { "aria-hidden": "true" }, emoji.name);
      return { value, label, description, preset, face };
    });
  }
  const users = directory.users.map((user) => ({
    value: user.id,
    label: displayName(user),
    description: user.username,
    face: avatar(user, "tiny"),
  }));
  const roles = directory.roles.map(({ id, name }) => ({ value: id, label: `@${name}`, face: icon("at") }));
  const channels = directory.channels.map(({ id, name }) => ({ value: id, label: name, face: icon("hash") }));
  /** @type {Record<number, Choice[]>} */
  const lists = { 5: users, 6: roles, 7: [...users, ...roles], 8: channels };
  const preset = new Set((component.default_values ?? []).map(({ id }) => id));
  return lists[component.type].map((choice) => ({ ...choice, preset: preset.has(choice.value) }));
}

/**
 * Build a select. `onCommit` is called once, when the list closes with other values than it opened with.
 *
 * @param {Discord.Component} component
 * @param {Directory} directory
 * @param {{label: string, describedBy?: string, onCommit?: (values: string[]) => void}} options
 */
export function createSelect(component, directory, { label, describedBy, onCommit }) {
  const choices = choicesOf(component, directory);
  const least = component.min_values ?? 1;
  const most = Math.min(component.max_values ?? 1, Math.max(choices.length, 1));
  const several = most > 1;
  const name = component.placeholder || label;
  let chosen = choices.filter((choice) => choice.preset).map((choice) => choice.value);
  const shown = h("span.select-value");
  const button = h(
    "button.select",
    {
      disabled: component.disabled,
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "aria-describedby": describedBy,
      key: component.custom_id,
      testid: "select",
      dataset: { customId: component.custom_id ?? "" },
      onClick: open,
    },
    shown,
    icon("chevron", "select-arrow"),
  );
  show();
  return { element: h("div.select-box", button), values: () => [...chosen], button };

  function show() {
    const labels = chosen.map((value) => choices.find((choice) => choice.value === value)?.label ?? value);
    const placeholder = h("span.placeholder", component.placeholder || "Make a selection");
    const chips = labels.map((text) => h("span", { class: several && "select-chip" }, text));
    fill(shown, labels.length ? chips : placeholder);
    button.setAttribute("aria-label", labels.length ? `${name}: ${labels.join(", ")}` : name);
  }

  function open() {
    const before = [...chosen];
    const id = uid("list");
    const options = choices.map((choice) => drawOption(choice, chosen.includes(choice.value)));
    const list = h(
      "div",
      { role: "listbox", id, "aria-label": name, "aria-multiselectable": String(several) },
      options,
    );
    const empty = h("p.menu-note", { hidden: true }, "Nothing by that name.");
    const search = h("input.input", {
      type: "search",
      placeholder: "Search",
      "aria-label": `Search ${name}`,
      autocomplete: "off",
      onInput: filter,
    });
    const searchable = choices.length >= SEARCH_FROM;
    const range = least === most ? most : `${least} to ${most}`;
    const note = several && h("p.menu-note", `Choose ${range}, then close the list.`);
    const panel = h("div.menu.select-list", searchable && search, note, list, empty);
    const visible = () => options.filter((option) => !option.hidden);
    moveFocusByKeys(panel, visible);
    options.forEach((option, index) => {
      option.addEventListener("click", () => pick(choices[index], option));
    });
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Tab") close();
      if (event.key !== "Enter" && (event.key !== " " || event.target === search)) return;
      event.preventDefault();
      const target = /** @type {HTMLElement} */ (event.target);
      (target === search ? visible()[0] : options.find((option) => option.contains(target)))?.click();
    });
    button.setAttribute("aria-controls", id);
    const close = openPopup(button, panel, { matchWidth: true, onClose: commit });
    const selected = options.find((option) => option.getAttribute("aria-selected") === "true");
    (searchable ? search : (selected ?? options[0]))?.focus();

    function filter() {
      const wanted = search.value.trim().toLowerCase();
      for (const option of options) option.hidden = !option.textContent.toLowerCase().includes(wanted);
      empty.hidden = visible().length > 0;
    }

    /** @param {Choice} choice @param {HTMLElement} option */
    function pick({ value }, option) {
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

/** @param {Choice} choice @param {boolean} selected */
function drawOption({ value, label, description, face }, selected) {
  return h(
    "div.option",
    { role: "option", id: uid("option"), tabindex: -1, "aria-selected": String(selected), dataset: { value } },
    face,
    optionText(label, description),
    icon("check", "option-check"),
  );
}
