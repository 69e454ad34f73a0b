/** The fields of a modal. Each field checks itself and says what it sends. */
import { Kind } from "./components.js";
import { fill, h, setText, uid } from "./dom.js";
import { icon } from "./icons.js";
import { richText } from "./richtext.js";
import { createSelect, optionText, SELECT_TYPES } from "./select.js";
import { say, sayCount } from "./words.js";

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

/** Build the fields of a modal's top-level components. @param {Discord.Component[]} components @returns {Field[]} */
export function buildFields(components, /** @type {Directory} */ directory, /** @type {Names} */ names) {
  return components.flatMap(({ type, id, content, label, description, component, components: row }) => {
    if (type === Kind.TEXT) {
      const element = richText(content, names);
      /** @type {Field} */
      const field = { element, check: () => "", answer: () => ({ type, id }), focus: () => {} };
      return [field];
    }
    if (component) {
      const field = buildField(component, label, description, directory);
      return [{ ...field, answer: () => ({ type, id, component: field.answer() }) }];
    }
    return (row ?? []).map((inner) => {
      const field = buildField(inner, inner.label, undefined, directory);
      return { ...field, answer: () => ({ type, id, components: [field.answer()] }) };
    });
  });
}

/** One control with its label. @returns {Field} */
function buildField(/** @type {Discord.Component} */ component, label = "", description, directory) {
  const id = uid("field");
  const describedBy = `${id}-about`;
  const { type, id: number, custom_id } = component;
  const required = component.required ?? type !== Kind.CHECKBOX;
  const make = SELECT_TYPES.has(type) ? select : (CONTROLS[type] ?? fileInput);
  /** @type {Control} */
  const control = make(component, { id, label, required, describedBy, directory });
  const { element, inputs, value, problem, group } = control;
  const error = h("p.field-error", { id: `${id}-error`, role: "alert", hidden: true });
  const heading = [label, required && type !== Kind.CHECKBOX && h("span.required-mark", ` ${say("required")}`)];
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

/** `error` is the id of the message, or "". */
function markInvalid(input, error) {
  input.toggleAttribute("data-invalid", Boolean(error));
  for (const [name, value] of Object.entries({ "aria-invalid": "true", "aria-errormessage": error })) {
    if (error) input.setAttribute(name, value);
    else input.removeAttribute(name);
  }
}

/** @type {Record<number, (component: Discord.Component, context: any) => Control>} */
const CONTROLS = {
  [Kind.TEXT_INPUT]: textInput,
  [Kind.RADIO_GROUP]: radioGroup,
  [Kind.CHECKBOX_GROUP]: checkboxGroup,
  [Kind.CHECKBOX]: checkbox,
};

function fileInput(component) {
  const problem = () => (component.required ? say("This page cannot attach files.") : "");
  return {
    element: h("p.unknown", say("This page cannot attach files.")),
    inputs: [],
    value: () => ({ values: [] }),
    problem,
  };
}

function textInput(component, { id, required, describedBy }) {
  const { min_length: least = 0, max_length: most = 4000, custom_id: customId = "", placeholder } = component;
  const count = h("span.field-count", { "aria-hidden": "true" });
  const attributes = {
    id,
    placeholder,
    dir: "auto",
    maxlength: most,
    required,
    "aria-describedby": describedBy,
    autocomplete: "off",
    name: customId,
    testid: "modal-input",
    dataset: { customId },
    onInput: showCount,
  };
  const long = component.style === 2;
  const input = long
    ? h("textarea.input", { rows: 5, ...attributes })
    : h("input.input", { type: "text", ...attributes });
  input.value = component.value ?? "";
  showCount();
  const problem = () => {
    const { length } = input.value;
    if (required && !input.value.trim()) return say("This is required.");
    return length && length < least ? say("At least {count} characters, please.", { count: least }) : "";
  };
  return { element: h("div.input-box", input, count), inputs: [input], value: () => ({ value: input.value }), problem };

  function showCount() {
    setText(count, `${input.value.length} / ${most}`);
  }
}

function select(component, { directory, required, label, id, describedBy }) {
  const least = component.min_values ?? 1;
  const optional = { ...component, min_values: required ? least : 0 };
  const { element, button, values } = createSelect(optional, directory, { label, id, describedBy });
  const problem = () => {
    const { length } = values();
    if (required && length < Math.max(least, 1)) return atLeast(least);
    return length && length < least ? say("Choose at least {count}, or none.", { count: least }) : "";
  };
  return { element, inputs: [button], value: () => ({ values: values() }), problem };
}

const atLeast = (count) => sayCount(count, "Choose one.", "Choose at least {count}.");

function radioGroup(component, { id, required }) {
  const { inputs, ...list } = choiceList("radio", component, id);
  const chosen = () => inputs.find((input) => input.checked)?.value ?? null;
  const problem = () => (required && chosen() === null ? say("Choose one.") : "");
  return { ...list, inputs, value: () => ({ value: chosen() }), problem };
}

function checkboxGroup(component, { id, required }) {
  const { inputs, ...list } = choiceList("checkbox", component, id);
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const least = component.min_values ?? (required ? 1 : 0);
  const most = component.max_values ?? inputs.length;
  const problem = () => {
    const { length } = chosen();
    if (length < least && (required || length)) return atLeast(least);
    return length > most ? say("Choose at most {count}.", { count: most }) : "";
  };
  return { ...list, inputs, value: () => ({ values: chosen() }), problem };
}

function choiceList(type, /** @type {Discord.Component} */ { options = [], custom_id: customId }, name) {
  const common = { type, name, testid: "modal-choice", dataset: { customId } };
  const inputs = options.map(({ value, default: checked }, index) =>
    h("input", { ...common, id: `${name}-${index}`, value, checked }),
  );
  const rows = options.map(({ label, description }, index) =>
    h("label.choice", { for: inputs[index].id }, inputs[index], optionText(label, description)),
  );
  return { group: true, element: h("div.choices", rows), inputs };
}

function checkbox(/** @type {Discord.Component} */ { custom_id: customId, default: checked }, { id, describedBy }) {
  const attributes = { type: "checkbox", id, checked, "aria-describedby": describedBy };
  const input = h("input.lone-check", { ...attributes, testid: "modal-choice", dataset: { customId } });
  return { element: input, inputs: [input], value: () => ({ value: input.checked }) };
}
