// "Fix a name everywhere": shows where the name occurs before anything is changed.

import { attempt, prepared } from "./dialogs.js";
import { clock, say, tell, tidy } from "../words.js";

const SHOWN = 100;
const AROUND = 40; // letters of context on each side

// Matches as the server does: whole words, exactly these letters, any separator between the words. The group `done`
// matches places that are part of the new name already, which are left as they are.
export function wholeWord(find, replace) {
  const whole = pattern(find);
  const done = replace && new RegExp(whole, "u").test(replace) ? pattern(replace) : "(?!)";
  return new RegExp(`(?<done>${done})|${whole}`, "gu");
}

function pattern(find) {
  const part = (text) => text.split(" ").map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("\\s+");
  const spellings = [...new Set([find.normalize("NFC"), find.normalize("NFD")])].map(part).join("|");
  const letter = "[\\p{L}\\p{N}_\\u0300-\\u036f]";
  return `(?<!${letter})(?:${spellings})(?!${letter})`;
}

export function setUp(board, selected) {
  const dialog = prepared("names", () => {
    form.reset();
    form.elements.find.value = tidy(selected());
    form.elements.find.autofocus = !form.elements.find.value;
    form.elements.replace.autofocus = Boolean(form.elements.find.value);
    preview();
  });
  const form = dialog.querySelector(".pair");
  const count = dialog.querySelector(".count");
  const places = dialog.querySelector(".places");
  const button = form.querySelector("button");
  let waiting = 0;

  function preview() {
    const find = tidy(form.elements.find.value);
    const replace = tidy(form.elements.replace.value);
    const found = find ? search(board.lines.all, find, replace) : [];
    count.textContent = find ? (found.length ? say("places", { n: found.length }) : say("noPlaces")) : "";
    places.hidden = !found.length;
    places.firstElementChild.replaceChildren(...found.slice(0, SHOWN).map(([line, match]) => place(line, match, replace)));
    if (found.length > SHOWN) places.firstElementChild.append(more(found.length - SHOWN));
    button.disabled = !found.length || !replace || find === replace;
    button.textContent = found.length ? say("applyPlaces", { n: found.length }) : say("apply");
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(preview, 120);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    preview();
    if (button.disabled) return;
    const change = { kind: "name", find: tidy(form.elements.find.value), replace: tidy(form.elements.replace.value) };
    const answer = await attempt(dialog, button, () => board.change(change));
    if (!answer) return;
    dialog.close();
    tell(say("named", { n: answer.changed.length }));
    board.say("saved", say("named", { n: answer.changed.length }));
  });
}

// [line, first match] for each line that contains the name.
function search(lines, find, replace) {
  const places = wholeWord(find, replace);
  const found = [];
  for (const line of lines) {
    const match = [...line.field.value.matchAll(places)].find(({ groups }) => groups.done === undefined);
    if (match) found.push([line, match]);
  }
  return found;
}

function place(line, match, replace) {
  const text = line.field.value;
  const item = document.createElement("li");
  const [time, words] = [document.createElement("span"), document.createElement("span")];
  time.className = "amount";
  time.textContent = clock(line.start);
  words.dir = "auto";
  const end = match.index + match[0].length;
  words.append(match.index > AROUND ? "…" : "", text.slice(Math.max(0, match.index - AROUND), match.index));
  words.append(marked("del", match[0]), replace ? marked("ins", replace) : "");
  words.append(text.slice(end, end + AROUND), text.length > end + AROUND ? "…" : "");
  item.append(time, words);
  return item;
}

function marked(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}

function more(n) {
  const item = document.createElement("li");
  item.textContent = say("morePlaces", { n });
  return item;
}
