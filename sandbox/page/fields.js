/**
 * The fields of a modal. Each knows how to check itself and what it sends.
 * @module fields
 */
import { Kind } from "./components.js";
import { fill, h, setText, uid } from "./dom.js";
import { icon } from "./icons.js";
import { richText } from "./richtext.js";
import { SELECT_TYPES, createSelect } from "./select.js";

/**
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {() => string} problem words, or "" when it may be sent
 * @property {() => object|null} answer the component as Discord sends it; null: nothing to send
 * @property {() => void} focus
 */

/**
 * Build the fields of a modal's top-level components.
 * @param {object[]} components
 * @param {import("./select.js").Directory} directory
 * @param {import("./richtext.js").Names} names
 * @returns {Field[]}
 */
export function buildFields(components, directory, names) {
  return components.flatMap((component) => {
    if (component.type === Kind.TEXT) return [still(
      richText(component.content, names),
      { type: component.type, id: component.id },
    )];
    if (component.type === Kind.LABEL) {
      const field = labelled(component.component, component.label, component.description, directory);
      return [{ ...field, answer: () => ({ type: component.type, id: component.id, component: field.answer() }) }];
    }
    return (component.components ?? []).map((inner) => {
      const field = labelled(inner, inner.label, undefined, directory);
      return { ...field, answer: () => ({ type: component.type, id: component.id, components: [field.answer()] }) };
    });
  });
}

const still = (element, answer) => ({ element, problem: () => "", answer: () => answer, focus: () => {} });

/** One control under its label. */
function labelled(component, label, description, directory) {
  const id = uid("field");
  const required = component.required ?? component.type !== Kind.CHECKBOX;
  const words = { id, label, required, describedBy: `${id}-about` };
  const control = makeControl(component, words, directory);
  const error = h("p", { class: "field-error", id: `${id}-error`, role: "alert", hidden: true });
  const heading = [
    label,
    required && component.type !== Kind.CHECKBOX ? h("span", { class: "required-mark" }, " required") : null,
  ];
  const about = h("p", { class: "field-about", id: `${id}-about`, hidden: !description }, description);
  const group = control.group; // radios and checkboxes: the label names a group, not one control
  const element = group
    ? h(
      "fieldset",
      { class: "field", "aria-describedby": `${id}-about` },
      h("legend", {}, heading),
      about,
      control.element,
      error,
    )
    : h("div", { class: "field" }, h("label", { for: id }, heading), about, control.element, error);
  return {
    ...control,
    element,
    problem: () => {
      const problem = control.problem();
      error.hidden = !problem;
      fill(error, problem ? [icon("warning"), problem] : []);
      control.invalid(Boolean(problem), `${id}-error`);
      return problem;
    },
  };
}

function makeControl(component, words, directory) {
  if (component.type === Kind.TEXT_INPUT) return textInput(component, words);
  if (component.type === Kind.RADIO_GROUP) return radioGroup(component, words);
  if (component.type === Kind.CHECKBOX_GROUP) return checkboxGroup(component, words);
  if (component.type === Kind.CHECKBOX) return checkbox(component, words);
  if (SELECT_TYPES.has(component.type)) return select(component, words, directory);
  return {
    ...still(
      h("p", { class: "unknown" }, "This page cannot attach files here."),
      { type: component.type, custom_id: component.custom_id, values: [] },
    ),
    problem: () => (component.required ? "This page cannot attach files." : ""),
    invalid: () => {},
  };
}

function textInput(component, { id, required, describedBy }) {
  const long = component.style === 2;
  const most = component.max_length ?? 4000;
  const left = h("span", { class: "field-count", "aria-hidden": "true" });
  const input = h(long ? "textarea" : "input", {
    id,
    class: "input",
    type: long ? null : "text",
    rows: long ? 5 : null,
    placeholder: component.placeholder,
    maxlength: most,
    required,
    "aria-describedby": describedBy,
    autocomplete: "off",
    name: component.custom_id,
    dataset: { testid: "modal-input", customId: component.custom_id },
    onInput: () => setText(left, `${input.value.length} / ${most}`),
  });
  input.value = component.value ?? "";
  setText(left, `${input.value.length} / ${most}`);
  return {
    element: h("div", { class: "input-box" }, input, left),
    problem: () => {
      const { length } = input.value;
      if (required && !input.value.trim()) return "This is required.";
      return length && length < (component.min_length ?? 0)
        ? `At least ${component.min_length} characters, please.`
        : "";
    },
    answer: () => ({ type: component.type, id: component.id, custom_id: component.custom_id, value: input.value }),
    focus: () => input.focus(),
    invalid: (wrong, by) => mark(input, wrong, by),
  };
}

function select(component, { id, label, required, describedBy }, directory) {
  const made = createSelect(
    { ...component, min_values: required ? (component.min_values ?? 1) : 0 },
    directory,
    { label, describedBy },
  );
  made.button.id = id;
  made.button.dataset.customId = component.custom_id;
  const least = component.min_values ?? 1;
  return {
    element: made.element,
    problem: () => {
      const { length } = made.values();
      if (required && length < Math.max(least, 1)) return least > 1 ? `Choose at least ${least}.` : "Choose one.";
      return length && length < least ? `Choose at least ${least}, or none.` : "";
    },
    answer: () => ({ type: component.type, id: component.id, custom_id: component.custom_id, values: made.values() }),
    focus: () => made.button.focus(),
    invalid: (wrong, by) => mark(made.button, wrong, by),
  };
}

function radioGroup(component, { id, required }) {
  const { element, inputs } = choiceList("radio", component, id);
  const chosen = () => inputs.find((input) => input.checked)?.value ?? null;
  return {
    group: true,
    element,
    problem: () => (required && chosen() === null ? "Choose one." : ""),
    answer: () => ({ type: component.type, id: component.id, custom_id: component.custom_id, value: chosen() }),
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0])?.focus(),
    invalid: (wrong, by) => inputs.forEach((input) => mark(input, wrong, by)),
  };
}

function checkboxGroup(component, { id, required }) {
  const { element, inputs } = choiceList("checkbox", component, id);
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const least = component.min_values ?? (required ? 1 : 0);
  const most = component.max_values ?? inputs.length;
  return {
    group: true,
    element,
    problem: () => {
      const { length } = chosen();
      if (length < least && (required || length)) return `Choose at least ${least}.`;
      return length > most ? `Choose at most ${most}.` : "";
    },
    answer: () => ({ type: component.type, id: component.id, custom_id: component.custom_id, values: chosen() }),
    focus: () => inputs[0]?.focus(),
    invalid: (wrong, by) => inputs.forEach((input) => mark(input, wrong, by)),
  };
}

function choiceList(type, component, id) {
  const inputs = [];
  const rows = component.options.map((option, index) => {
    const input = h(
      "input",
      {
        type,
        name: id,
        id: `${id}-${index}`,
        value: option.value,
        checked: option.default,
        dataset: { testid: "modal-choice", customId: component.custom_id },
      },
    );
    inputs.push(input);
    return h(
      "label",
      { class: "choice", for: `${id}-${index}` },
      input,
      h(
        "span",
        { class: "option-text" },
        h("span", {}, option.label),
        option.description ? h("span", { class: "option-detail" }, option.description) : null,
      ),
    );
  });
  return { element: h("div", { class: "choices" }, rows), inputs };
}

function checkbox(component, { id, describedBy }) {
  const input = h(
    "input",
    {
      type: "checkbox",
      id,
      checked: component.default,
      "aria-describedby": describedBy,
      class: "lone-check",
      dataset: { testid: "modal-choice", customId: component.custom_id },
    },
  );
  return {
    element: input,
    problem: () => "",
    answer: () => ({ type: component.type, id: component.id, custom_id: component.custom_id, value: input.checked }),
    focus: () => input.focus(),
    invalid: () => {},
  };
}

function mark(control, wrong, by) {
  control.toggleAttribute("data-invalid", wrong);
  if (wrong) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-errormessage", by);
  } else {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-errormessage");
  }
}
