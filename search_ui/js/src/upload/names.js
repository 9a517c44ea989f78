// Title and date from a file's name, by the rules of watched folders (flows/sources/details.py).

const DATE = /(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)/;

const two = (number) => String(number).padStart(2, "0");

// The name without its extension, date and underscores.
export function titleOf(name) {
  const stem = name.replace(/(?<=.)\.[^.]*$/, "");
  return stem.replace(new RegExp(DATE, "g"), " ").replace(/[_-]/g, " ").split(/\s+/).filter(Boolean).join(" ") || stem;
}

// A date in the name (2025-03-14, 20250314), else the day the file was last changed, as <input type="date"> writes it.
export function dateOf(file) {
  const found = DATE.exec(file.name);
  if (found) {
    const [, year, month, day] = found.map(Number);
    if (new Date(year, month - 1, day).getDate() === day) return `${year}-${two(month)}-${two(day)}`;
  }
  const changed = new Date(file.lastModified);
  return `${changed.getFullYear()}-${two(changed.getMonth() + 1)}-${two(changed.getDate())}`;
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

// 1500000 → "1.4 MB", in the page's language.
export function sizeOf(bytes) {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10)); // counted as Uppy does
  const format = new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit: UNITS[power],
    unitDisplay: "short",
    maximumFractionDigits: power > 1 ? 1 : 0,
  });
  return format.format(bytes / 1024 ** power);
}

export function percentOf(part, whole) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(Math.floor(share * 100) / 100);
}
