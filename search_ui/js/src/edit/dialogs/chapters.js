// Adds a chapter at the current line, and renames or removes chapters.

import { attempt, prepared } from "./dialogs.js";
import { clock, parseClock, say, tell, tidy, trouble } from "../words.js";

// `here` returns the time, in seconds, at which a new chapter would begin.
export function setUp(board, here) {
  const dialog = prepared("chapters", (button) => {
    start = here();
    form.elements.time.value = clock(start);
    form.elements.title.value = "";
    show();
    const meant = button.closest(".chapter")?.dataset.start;
    form.elements.title.autofocus = meant === undefined;
    for (const item of list.children) item.querySelector("input").autofocus = item.dataset.start === meant;
  });
  const form = dialog.querySelector(".new");
  const list = dialog.querySelector(".list");
  const template = dialog.querySelector("template");
  let start = 0;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const time = form.elements.time.value;
    // If the time shown was not edited, the exact start of the line, to the millisecond.
    const at = time.trim() === clock(start) ? start : parseClock(time);
    if (at === null) return trouble(dialog.querySelector(".trouble"), say("badTime"));
    const there = board.lines.chapters.find((chapter) => Math.abs(chapter.start - at) < 0.5);
    const title = tidy(form.elements.title.value);
    if (!title) return undefined;
    const change = { kind: "chapter", start: there?.start ?? at, before: there?.title ?? null, title };
    if (await send(form.querySelector("button"), change, "chapterSaved")) form.elements.title.value = "";
    return undefined;
  });

  function show() {
    list.replaceChildren(...board.lines.chapters.map(item));
  }

  async function send(button, change, done) {
    let clash = null;
    const answer = await attempt(dialog, button, () => board.change(change), { refused: (now) => (clash = now) });
    if (answer) tell(say(done));
    if (!answer && !clash) return null; // what the person wrote stays in the form
    if (clash) await board.look(true);
    show();
    const item = [...list.children].find((one) => Number(one.dataset.start) === change.start);
    // Somebody else was first: the chapter has their title now, and the one written here can replace it.
    if (clash && item && change.title) write(item, change.title);
    (item?.querySelector("input") ?? form.elements.title).focus();
    return answer;
  }

  function write(item, title) {
    const input = item.querySelector("input");
    input.value = title;
    input.dispatchEvent(new Event("input"));
  }

  function item({ start: at, title }) {
    const element = template.content.cloneNode(true).firstElementChild;
    const [row, input] = [element.querySelector("form"), element.querySelector("input")];
    const [change, remove] = element.querySelectorAll("button");
    element.dataset.start = at;
    element.querySelector(".amount").textContent = clock(at);
    input.value = title;
    input.setAttribute("aria-label", say("chapterName", { time: clock(at) }));
    change.textContent = say("change");
    change.disabled = true;
    remove.textContent = say("remove");
    remove.setAttribute("aria-label", say("removeChapter", { title }));
    input.addEventListener("input", () => (change.disabled = !tidy(input.value) || tidy(input.value) === title));
    row.addEventListener("submit", (event) => {
      event.preventDefault();
      const wanted = { kind: "chapter", start: at, before: title, title: tidy(input.value) };
      if (!change.disabled) send(change, wanted, "chapterSaved");
    });
    remove.addEventListener("click", () => {
      send(remove, { kind: "chapter", start: at, before: title, title: null }, "chapterRemoved");
    });
    return element;
  }
}
