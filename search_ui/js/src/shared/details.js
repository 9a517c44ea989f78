// Reads and fills the fields of details_fields.html; the names of the fields are those of the archive's `Details`.

const SEVERAL = ["presenters", "organisations", "topics"];
const MAY_BE_EMPTY = ["language", "visibility", "legal_basis"];

const tidy = (text) => text.normalize("NFC").split(/\s+/).filter(Boolean).join(" ");

// `before` with the values of the form.
export function readDetails(form, before = {}) {
  const details = { ...before };
  for (const name of ["title", "circle", "date"]) details[name] = tidy(form.elements[name].value);
  for (const name of MAY_BE_EMPTY) details[name] = tidy(form.elements[name].value) || null;
  for (const name of SEVERAL) details[name] = form.elements[name].value.split("\n").map(tidy).filter(Boolean);
  return details;
}

// Fills the fields that `details` has; the others stay as they are.
export function fillDetails(form, details) {
  for (const [name, value] of Object.entries(details)) {
    const field = form.elements[name];
    if (field) field.value = Array.isArray(value) ? value.join("\n") : (value ?? "");
  }
}
