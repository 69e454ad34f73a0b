/**
 * Select menus of every kind: a button that opens a list, with descriptions, several values and a search where
 * the list is long. Used in messages and in modals.
 * @module select
 */
import { h, fill, uid } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { openPopup, roving } from "./popup.js";

const SEARCH_FROM = 8; // options
export const SELECT_TYPES = new Set([3, 5, 6, 7, 8]);

/**
 * @typedef {{users: object[], roles: object[], channels: object[]}} Directory what can be chosen here
 */

/** What a select offers: `{value, label, description, face}`. */
export function choicesOf(component, directory) {
  if (component.type === 3) {
    return (component.options ?? []).map((option) => ({
      value: option.value, label: option.label, description: option.description, preset: Boolean(option.default),
      face: option.emoji?.name ? h("span", { class: "emoji", "aria-hidden": "true" }, option.emoji.name) : null,
    }));
  }
  const users = directory.users.map(
    (user) => ({
      value: user.id,
      label: user.global_name || user.username,
      description: user.username,
      face: avatar(user, "tiny"),
    }),
  );
  const roles = directory.roles.map((role) => ({ value: role.id, label: `@${role.name}`, face: icon("at") }));
  const channels = directory.channels.map(
    (channel) => ({ value: channel.id, label: channel.name, face: icon("hash") }),
  );
  const lists = { 5: users, 6: roles, 7: [...users, ...roles], 8: channels };
  const preset = new Set((component.default_values ?? []).map(({ id }) => id));
  return (lists[component.type] ?? []).map((choice) => ({ ...choice, preset: preset.has(choice.value) }));
}

/**
 * Build a select.
 *
 * @param {object} component as Discord describes it
 * @param {Directory} directory
 * @param {{label: string, describedBy?: string, onCommit?: (values: string[]) => void}} options
 *   `onCommit` is called once the list closes with other values than it opened with
 * @returns {{element: HTMLElement, values: () => string[], button: HTMLElement}}
 */
export function createSelect(component, directory, { label, describedBy, onCommit }) {
  const choices = choicesOf(component, directory);
  const least = component.min_values ?? 1;
  const most = Math.min(component.max_values ?? 1, Math.max(choices.length, 1));
  let chosen = choices.filter((choice) => choice.preset).map((choice) => choice.value);
  const name = component.placeholder || label;
  const shown = h("span", { class: "select-value" });
  const button = h(
    "button",
    {
      type: "button",
      class: "select",
      disabled: component.disabled,
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "aria-describedby": describedBy, dataset: { key: component.custom_id, testid: "select" }, onClick: open,
    },
    shown,
    icon("chevron", "select-arrow"),
  );
  show();

  function show() {
    const labels = chosen.map((value) => choices.find((choice) => choice.value === value)?.label ?? value);
    fill(
      shown,
      labels.length
        ? labels.map((text) => h("span", { class: most > 1 ? "select-chip" : "" }, text))
        : h("span", { class: "placeholder" }, component.placeholder || "Make a selection"),
    );
    button.setAttribute("aria-label", labels.length ? `${name}: ${labels.join(", ")}` : name);
  }

  function open() {
    const before = [...chosen];
    const several = most > 1;
    const id = uid("list");
    const options = choices.map((choice) => {
      const option = h(
        "div",
        {
          class: "option",
          role: "option",
          id: uid("option"),
          tabindex: -1,
          "aria-selected": String(chosen.includes(choice.value)),
          dataset: { value: choice.value },
        },
        choice.face,
        h(
          "span",
          { class: "option-text" },
          h("span", { class: "option-label" }, choice.label),
          choice.description ? h("span", { class: "option-detail" }, choice.description) : null,
        ),
        icon("check", "option-check"),
      );
      option.addEventListener("click", () => pick(choice, option));
      return option;
    });
    const list = h(
      "div",
      { role: "listbox", id, "aria-label": name, "aria-multiselectable": String(several) },
      options,
    );
    const empty = h("p", { class: "menu-note", hidden: true }, "Nothing by that name.");
    const search = choices.length >= SEARCH_FROM
      ? h(
        "input",
        {
          type: "search",
          class: "input",
          placeholder: "Search",
          "aria-label": `Search ${name}`,
          autocomplete: "off",
          onInput: filter,
        },
      )
      : null;
    const note = several
      ? h(
        "p",
        { class: "menu-note" },
        `Choose ${least === most ? most : `${least} to ${most}`}, then close the list.`,
      )
      : null;
    const panel = h("div", { class: "menu select-list" }, search, note, list, empty);
    const seen = () => options.filter((option) => !option.hidden);
    roving(panel, seen);
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Tab") close();
      if (event.key !== "Enter" && (event.key !== " " || event.target === search)) return;
      event.preventDefault();
      const target = event.target === search ? seen()[0] : event.target.closest(".option");
      target?.click();
    });
    button.setAttribute("aria-expanded", "true");
    button.setAttribute("aria-controls", id);
    const close = openPopup(button, panel, { matchWidth: true, onClose: closed });
    (search ?? options.find((option) => option.getAttribute("aria-selected") === "true") ?? options[0])?.focus();

    function filter() {
      const wanted = search.value.trim().toLowerCase();
      for (const option of options) option.hidden = !option.textContent.toLowerCase().includes(wanted);
      empty.hidden = seen().length > 0;
    }

    function pick(choice, option) {
      const has = chosen.includes(choice.value);
      if (!several) {
        chosen = has && least === 0 ? [] : [choice.value];
        show();
        return close();
      }
      if (!has && chosen.length >= most) return;
      chosen = has ? chosen.filter((value) => value !== choice.value) : [...chosen, choice.value];
      option.setAttribute("aria-selected", String(!has));
      show();
    }

    function closed() {
      button.setAttribute("aria-expanded", "false");
      button.removeAttribute("aria-controls");
      if (chosen.length < least && onCommit) chosen = before;
      show();
      if (chosen.join() !== before.join()) onCommit?.([...chosen]);
    }
  }

  return { element: h("div", { class: "select-box" }, button), values: () => [...chosen], button };
}
