// The desk's form as form fields with labels, hints and errors.

import { t } from "./texts.js";

// What fields are called that come without a label: they are the page's own, in the visitor's language.
const OWN = {
  username: { label: t.fieldName, hint: t.fieldNameHint },
  question: { label: t.fieldQuestion, hint: t.fieldQuestionHint },
  email: { label: t.fieldEmail },
};
const MAX_NAME = 40; // what is left of it as a nick in the room

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
  #isShown = false;

  /** fields: [{name, label or null, kind, options, required, limit}]; kind: text, lines, choice or email. */
  constructor(box, fields) {
    this.#box = box;
    this.#fields = fields;
    // Once told of a mistake, people see it go as they mend it.
    box.addEventListener("input", (event) => {
      const { index } = event.target.dataset;
      if (event.target.getAttribute("aria-invalid")) this.#check(this.#fields[index], index);
    });
  }

  /** Let the form be shown anew the next time, with other answers. */
  reset() {
    this.#isShown = false;
  }

  /** answers: {name: text}. A form that is shown already stays: nobody loses the place in it. */
  show(answers) {
    if (this.#isShown) return;
    this.#isShown = true;
    this.#box.replaceChildren(...this.#fields.map((field, index) => this.#row(field, index, answers[field.name] ?? "")));
  }

  answers() {
    return Object.fromEntries(this.#fields.map(({ name }, index) => [name, this.#input(index).value.trim()]));
  }

  /** Show what is missing, and go to the first such field; whether all is well. */
  validate() {
    const wrong = this.#fields.map((field, index) => this.#check(field, index)).filter(Boolean);
    wrong[0]?.focus();
    return wrong.length === 0;
  }

  #input(index) {
    return document.getElementById(`field-${index}`);
  }

  #check({ kind, required }, index) {
    const input = this.#input(index);
    const value = input.value.trim();
    const missing = required && !value;
    const badEmail = kind === "email" && value && !/^[^\s@]+@[^\s@]+$/.test(value);
    document.getElementById(`field-${index}-error`).textContent = missing ? t.fillIn : badEmail ? t.badEmail : "";
    if (!missing && !badEmail) {
      input.removeAttribute("aria-invalid");
      return null;
    }
    input.setAttribute("aria-invalid", "true");
    return input;
  }

  #row(field, index, value) {
    const { label: text, hint } = field.label ? { label: field.label } : OWN[field.name];
    const id = `field-${index}`;
    const input = this.#made(field, {
      id,
      name: field.name,
      "data-index": index,
      autocomplete: field.name === "username" ? "nickname" : field.kind === "email" ? "email" : "off",
      "aria-describedby": hint ? `${id}-hint ${id}-error` : `${id}-error`,
      "aria-required": field.required ? "true" : null,
    });
    input.value = value;
    if (field.kind === "choice" && input.selectedIndex < 0) input.value = ""; // chosen before, and no option any more
    const label = element("label", { for: id }, text);
    if (!field.required) label.append(" ", element("span", { class: "quiet" }, `(${t.optional})`));
    return element(
      "div",
      { class: "field" },
      label,
      ...(hint ? [element("p", { id: `${id}-hint`, class: "quiet" }, hint)] : []),
      input,
      element("p", { id: `${id}-error`, class: "error" }),
    );
  }

  #made({ name, kind, options, limit }, attributes) {
    if (kind === "choice") {
      const choices = options.map((option) => element("option", { value: option }, option));
      return element("select", attributes, element("option", { value: "" }, t.choose), ...choices);
    }
    const maxlength = name === "username" ? Math.min(limit, MAX_NAME) : limit;
    if (kind === "lines") return element("textarea", { ...attributes, maxlength, rows: 4 });
    return element("input", { ...attributes, maxlength, type: kind === "email" ? "email" : "text" });
  }
}
