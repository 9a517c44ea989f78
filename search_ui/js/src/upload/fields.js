// Reads and checks the fields of one card, and shows errors beside them.

import { words } from "../shared/words.js";

const SEVERAL = ["presenters", "organisations", "topics"];
const tidy = (text) => text.normalize("NFC").split(/\s+/).filter(Boolean).join(" ");

export const several = (text) => [...new Set(text.split(/[,;\n]/).map(tidy).filter(Boolean))];

export function readDetails(form) {
  const value = (name) => tidy(form.elements[name].value);
  const basis = value("basis");
  return {
    title: value("title"),
    circle: value("circle"),
    date: value("date"),
    language: value("language") || null,
    visibility: value("visibility") || null,
    legal_basis: (basis === "other" ? value("other_basis") : basis) || null,
    ...Object.fromEntries(SEVERAL.map((name) => [name, several(value(name))])),
  };
}

export function fillDetails(form, details) {
  for (const name of ["title", "circle", "date", "language", "visibility"]) {
    if (details[name]) form.elements[name].value = details[name];
  }
  for (const name of SEVERAL) form.elements[name].value = (details[name] ?? []).join(", ");
  const basis = details.legal_basis ?? "";
  const offered = [...form.elements.basis].some((choice) => choice.value === basis);
  form.elements.basis.value = offered || !basis ? basis : "other";
  form.elements.other_basis.value = offered ? "" : basis;
}

// The errors by field name, in the order of the form.
export function missing(form) {
  const said = readDetails(form);
  const wrong = {};
  if (!said.title) wrong.title = words.noTitle;
  if (!said.circle) wrong.circle = words.noCircle;
  if (!said.date) wrong.date = words.noDate;
  if (!said.legal_basis) {
    const other = form.elements.basis.value === "other";
    wrong[other ? "other_basis" : "basis"] = other ? words.noOtherBasis : words.noBasis;
  }
  return wrong;
}

const boxOf = (form, name) => form.querySelector(`[data-error="${name}"]`);
const controls = (form, name) => {
  const found = form.elements[name];
  return found instanceof RadioNodeList ? [...found] : [found];
};

export function complain(form, name, sentence) {
  const box = boxOf(form, name);
  box.textContent = sentence;
  box.hidden = !sentence;
  for (const control of controls(form, name)) {
    if (sentence) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
}

// Shows the errors beside their fields and focuses the first. Returns true if there are none.
export function check(form) {
  const wrong = missing(form);
  for (const box of form.querySelectorAll("[data-error]")) complain(form, box.dataset.error, wrong[box.dataset.error] ?? "");
  const first = Object.keys(wrong)[0];
  if (first) controls(form, first)[0].focus();
  return !first;
}

// Suggests names from the archive for the one being typed, which follows the last comma.
export function offer(field, known) {
  const list = field.form.querySelector(`#${field.getAttribute("list")}`);
  const show = () => {
    const before = field.value.includes(",") ? `${field.value.slice(0, field.value.lastIndexOf(","))}, ` : "";
    const taken = new Set(several(before));
    const options = known.filter((name) => !taken.has(name)).map((name) => new Option("", before + name));
    list.replaceChildren(...options);
  };
  field.addEventListener("input", show);
  show();
}
