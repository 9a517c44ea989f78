// What the page says comes from the page, in the reader's language.

const words = JSON.parse(document.getElementById("words").textContent);
const told = document.getElementById("told");

// A message with its values. A message with singular and plural takes `n`.
export function say(key, values = {}) {
  const message = Array.isArray(words[key]) ? words[key][values.n === 1 ? 0 : 1] : words[key];
  return message.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// Announces a message to screen readers, again if it is the same as the last.
export function tell(message) {
  told.textContent = "";
  setTimeout(() => (told.textContent = message), 60);
}

export function clock(seconds) {
  const whole = Math.floor(seconds);
  return [whole / 3600, (whole / 60) % 60, whole % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}

// `14:32`, `01:14:32` or `872` as seconds; null if it is not a time.
export function parseClock(text) {
  const match = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:[.,]\d+)?)$/.exec(text.trim());
  if (!match) return null;
  return Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3].replace(",", "."));
}

// The text with single spaces, as texts are compared.
export const tidy = (text) => text.split(/\s+/).filter(Boolean).join(" ");

export function trouble(box, message) {
  box.hidden = !message;
  box.textContent = message ?? "";
}
