// The desk's form (XEP-0004) as form fields with labels, hints and errors.

import { t } from "./texts.js";

// The default form of a workgroup; other fields come with their own labels.
const KNOWN = {
  username: { label: t.fieldName, hint: t.fieldNameHint, max: 40, complete: "nickname" },
  question: { label: t.fieldQuestion, hint: t.fieldQuestionHint, max: 4000 },
  email: { label: t.fieldEmail, max: 254, complete: "email", input: "email" },
};
const MAX = 1000;

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
};

export class Fields {
  #box;
  #fields = [];
  #hidden = {}; // FORM_TYPE and its like: sent back as they came
  #shape = "";

  constructor(box) {
    this.#box = box;
    // Once told of a mistake, people see it go as they mend it.
    box.addEventListener("input", (event) => {
      const { index } = event.target.dataset;
      if (event.target.getAttribute("aria-invalid")) this.#check(this.#fields[index], index);
    });
  }

  /** Let the next form be shown with new answers, even if it has the same fields. */
  reset() {
    this.#shape = "";
  }

  /** fields: as stanza.js reads them; answers: {name: text} that go before the form's own values. */
  show(fields, answers) {
    // The same form again: nobody loses the place in it.
    const shape = JSON.stringify(fields);
    if (shape === this.#shape) return;
    this.#shape = shape;
    this.#fields = fields.filter(({ name, type }) => name && !["hidden", "fixed"].includes(type));
    const hidden = fields.filter(({ type }) => type === "hidden");
    this.#hidden = Object.fromEntries(hidden.map(({ name, value }) => [name, value]));
    const rows = this.#fields.map((field, index) => this.#row(field, index, answers[field.name] ?? field.value));
    this.#box.replaceChildren(...rows);
  }

  answers() {
    const entries = this.#fields.map(({ name, type }, index) => {
      const input = document.getElementById(`field-${index}`);
      return [name, type === "boolean" ? String(Number(input.checked)) : input.value.trim()];
    });
    return { ...this.#hidden, ...Object.fromEntries(entries) };
  }

  /** Show what is missing, and go to the first such field; whether all is well. */
  validate() {
    const wrong = this.#fields.map((field, index) => this.#check(field, index)).filter(Boolean);
    wrong[0]?.focus();
    return wrong.length === 0;
  }

  #check({ name, type, required }, index) {
    const input = document.getElementById(`field-${index}`);
    const value = type === "boolean" ? "set" : input.value.trim();
    const missing = required && !value;
    const badEmail = name === "email" && value && !/^[^\s@]+@[^\s@]+$/.test(value);
    document.getElementById(`field-${index}-error`).textContent = missing ? t.fillIn : badEmail ? t.badEmail : "";
    if (!missing && !badEmail) {
      input.removeAttribute("aria-invalid");
      return null;
    }
    input.setAttribute("aria-invalid", "true");
    return input;
  }

  #row(field, index, value) {
    const known = KNOWN[field.name] ?? {};
    const id = `field-${index}`;
    const hint = known.hint ?? field.hint;
    const input = this.#input(field, {
      id,
      name: field.name,
      "data-index": index,
      maxlength: known.max ?? MAX,
      autocomplete: known.complete ?? "off",
      "aria-describedby": hint ? `${id}-hint ${id}-error` : `${id}-error`,
      "aria-required": field.required ? "true" : null,
      type: known.input ?? "text",
    });
    if (field.type === "boolean") input.checked = ["1", "true"].includes(value);
    else input.value = value;
    const label = element("label", { for: id }, known.label ?? field.label);
    if (!field.required) label.append(" ", element("span", { class: "quiet" }, `(${t.optional})`));
    return element(
      "div",
      { class: "field", "data-type": field.type },
      label,
      ...(hint ? [element("p", { id: `${id}-hint`, class: "quiet" }, hint)] : []),
      input,
      element("p", { id: `${id}-error`, class: "error" }),
    );
  }

  #input(field, attributes) {
    const { type, ...shared } = attributes;
    if (field.type === "text-multi") return element("textarea", { ...shared, rows: 4 });
    if (field.type === "boolean") return element("input", { ...shared, maxlength: null, type: "checkbox" });
    if (field.type === "list-single") {
      const options = field.options.map((option) => element("option", { value: option.value }, option.label));
      const { maxlength, ...plain } = shared;
      return element("select", plain, element("option", { value: "" }, t.choose), ...options);
    }
    return element("input", attributes);
  }
}
