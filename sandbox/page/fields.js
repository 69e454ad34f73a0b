/**
 * The fields of a modal. Each field checks itself and says what it sends.
 * @module fields
 */
/** @import { Names } from "./richtext.js" */
/** @import { Directory } from "./store.js" */
import { Kind } from "./components.js";
import { fill, h, setText, uid } from "./dom.js";
import { icon } from "./icons.js";
import { richText } from "./richtext.js";
import { createSelect, optionText, SELECT_TYPES } from "./select.js";

/**
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {() => string} check shows and returns what is wrong, or ""
 * @property {() => object} answer the component as Discord sends it
 * @property {() => void} focus
 */

/**
 * @typedef {object} Control
 * @property {HTMLElement} element
 * @property {HTMLElement[]} inputs
 * @property {() => object} value the part of the answer that depends on the kind
 * @property {() => string} [problem] what is wrong, or ""
 * @property {boolean} [group] whether the label names a group, not one control
 */

/** @typedef {{id: string, label: string, required: boolean, describedBy: string, directory: Directory}} Context */

/**
 * Build the fields of a modal's top-level components.
 * @param {Discord.Component[]} components
 * @param {Directory} directory
 * @param {Names} names
 * @returns {Field[]}
 */
export function buildFields(components, directory, names) {
  return components.flatMap(
    /** @returns {Field[]} */ ({ type, id, content, label, description, component, components: row }) => {
      if (type === Kind.TEXT) {
        const element = richText(content, names);
        return [{ element, check: () => "", answer: () => ({ type, id }), focus: () => {} }];
      }
      if (component) {
        const field = buildField(component, label, description, directory);
        return [{ ...field, answer: () => ({ type, id, component: field.answer() }) }];
      }
      return (row ?? []).map((inner) => {
        const field = buildField(inner, inner.label, undefined, directory);
        return { ...field, answer: () => ({ type, id, components: [field.answer()] }) };
      });
    },
  );
}

/**
 * One control with its label.
 * @param {Discord.Component} component
 * @param {string | undefined} label
 * @param {string | undefined} description
 * @param {Directory} directory
 * @returns {Field}
 */
function buildField(component, label = "", description, directory) {
  const id = uid("field");
  const describedBy = `${id}-about`;
  const { type, id: number, custom_id } = component;
  const required = component.required ?? type !== Kind.CHECKBOX;
  const { element, inputs, value, problem, group } = makeControl(component, {
    id,
    label,
    required,
    describedBy,
    directory,
  });
  const error = h("p.field-error", { id: `${id}-error`, role: "alert", hidden: true });
  const heading = [label, required && type !== Kind.CHECKBOX && h("span.required-mark", " required")];
  const about = h("p.field-about", { id: describedBy, hidden: !description }, description);
  return {
    element: group
      ? h("fieldset.field", { "aria-describedby": describedBy }, h("legend", heading), about, element, error)
      : h("div.field", h("label", { for: id }, heading), about, element, error),
    check: () => {
      const text = problem?.() ?? "";
      error.hidden = !text;
      fill(error, text && [icon("warning"), text]);
      for (const input of inputs) markInvalid(input, text && error.id);
      return text;
    },
    answer: () => ({ type, id: number, custom_id, ...value() }),
    focus: () => (inputs.find((input) => input.matches("[type=radio]:checked")) ?? inputs[0])?.focus(),
  };
}

/** @param {HTMLElement} input @param {string} error the id of the message, or "" */
function markInvalid(input, error) {
  input.toggleAttribute("data-invalid", Boolean(error));
  for (const [name, value] of [
    ["aria-invalid", "true"],
    ["aria-errormessage", error],
  ]) {
    if (error) input.setAttribute(name, value);
    else input.removeAttribute(name);
  }
}

/** @param {Discord.Component} component @param {Context} context @returns {Control} */
function makeControl(component, context) {
  if (SELECT_TYPES.has(component.type)) return select(component, context);
  switch (component.type) {
    case Kind.TEXT_INPUT:
      return textInput(component, context);
    case Kind.RADIO_GROUP:
      return radioGroup(component, context);
    case Kind.CHECKBOX_GROUP:
      return checkboxGroup(component, context);
    case Kind.CHECKBOX:
      return checkbox(component, context);
    default:
      return {
        element: h("p.unknown", "This page cannot attach files here."),
        inputs: [],
        value: () => ({ values: [] }),
        problem: () => (component.required ? "This page cannot attach files." : ""),
      };
  }
}

/** @param {Discord.Component} component @param {Context} context @returns {Control} */
function textInput(component, { id, required, describedBy }) {
  const limit = component.max_length ?? 4000;
  const { min_length: least = 0, custom_id: customId = "" } = component;
  const count = h("span.field-count", { "aria-hidden": "true" });
  const attributes = {
    id,
    placeholder: component.placeholder,
    maxlength: limit,
    required,
    "aria-describedby": describedBy,
    autocomplete: "off",
    name: customId,
    testid: "modal-input",
    dataset: { customId },
    onInput: showCount,
  };
  const input =
    component.style === 2
      ? h("textarea.input", { rows: 5, ...attributes })
      : h("input.input", { type: "text", ...attributes });
  input.value = component.value ?? "";
  showCount();
  return {
    element: h("div.input-box", input, count),
    inputs: [input],
    value: () => ({ value: input.value }),
    problem: () => {
      const { length } = input.value;
      if (required && !input.value.trim()) return "This is required.";
      return length && length < least ? `At least ${least} characters, please.` : "";
    },
  };

  function showCount() {
    setText(count, `${input.value.length} / ${limit}`);
  }
}

/** @param {Discord.Component} component @param {Context} context @returns {Control} */
function select(component, { id, label, required, describedBy, directory }) {
  const least = component.min_values ?? 1;
  const options = { label, describedBy };
  const { element, button, values } = createSelect(
    { ...component, min_values: required ? least : 0 },
    directory,
    options,
  );
  button.id = id;
  return {
    element,
    inputs: [button],
    value: () => ({ values: values() }),
    problem: () => {
      const { length } = values();
      if (required && length < Math.max(least, 1)) return least > 1 ? `Choose at least ${least}.` : "Choose one.";
      return length && length < least ? `Choose at least ${least}, or none.` : "";
    },
  };
}

/** @param {Discord.Component} component @param {Context} context @returns {Control} */
function radioGroup(component, { id, required }) {
  const { element, inputs } = choiceList("radio", component, id);
  const chosen = () => inputs.find((input) => input.checked)?.value ?? null;
  return {
    group: true,
    element,
    inputs,
    value: () => ({ value: chosen() }),
    problem: () => (required && chosen() === null ? "Choose one." : ""),
  };
}

/** @param {Discord.Component} component @param {Context} context @returns {Control} */
function checkboxGroup(component, { id, required }) {
  const { element, inputs } = choiceList("checkbox", component, id);
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const least = component.min_values ?? (required ? 1 : 0);
  const most = component.max_values ?? inputs.length;
  return {
    group: true,
    element,
    inputs,
    value: () => ({ values: chosen() }),
    problem: () => {
      const { length } = chosen();
      if (length < least && (required || length)) return `Choose at least ${least}.`;
      return length > most ? `Choose at most ${most}.` : "";
    },
  };
}

/** @param {"radio" | "checkbox"} type @param {Discord.Component} component @param {string} name */
function choiceList(type, { options = [], custom_id: customId }, name) {
  const testid = "modal-choice";
  const inputs = options.map(({ value, default: checked }, index) =>
    h("input", { type, name, id: `${name}-${index}`, value, checked, testid, dataset: { customId } }),
  );
  const rows = options.map(({ label, description }, index) =>
    h("label.choice", { for: inputs[index].id }, inputs[index], optionText(label, description)),
  );
  return { element: h("div.choices", rows), inputs };
}

/** @param {Discord.Component} component @param {Context} context @returns {Control} */
function checkbox({ custom_id: customId, default: checked }, { id, describedBy }) {
  const input = h("input.lone-check", {
    type: "checkbox",
    id,
    checked,
    "aria-describedby": describedBy,
    testid: "modal-choice",
    dataset: { customId },
  });
  return { element: input, inputs: [input], value: () => ({ value: input.checked }) };
}
