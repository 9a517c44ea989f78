// What the page says comes from the page, in the reader's language.

const words = JSON.parse(document.getElementById("words").textContent);
const told = document.getElementById("told");

// A message with its values; one that has a form for one thing and another for several takes `n`.
export function say(key, values = {}) {
  const message = Array.isArray(words[key]) ? words[key][values.n === 1 ? 0 : 1] : words[key];
  return message.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// To those who hear the page; a message that comes twice is heard twice.
export function tell(message) {
  told.textContent = "";
  setTimeout(() => (told.textContent = message), 60);
}

export function clock(seconds) {
  const whole = Math.floor(seconds);
  return [whole / 3600, (whole / 60) % 60, whole % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}

// `14:32`, `01:14:32` or `872` as seconds; null where it is no time.
export function parseClock(text) {
  const match = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:[.,]\d+)?)$/.exec(text.trim());
  if (!match) return null;
  return Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3].replace(",", "."));
}

// As texts are compared: with single spaces.
export const tidy = (text) => text.split(/\s+/).filter(Boolean).join(" ");

export function trouble(box, message) {
  box.hidden = !message;
  box.textContent = message ?? "";
}
