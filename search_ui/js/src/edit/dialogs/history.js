// Who changed what and when, newest first. Each change can be undone and restored.

import { attempt, prepared } from "./dialogs.js";
import { say, tell } from "../words.js";

const { lang } = document.documentElement;
const moment = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { dateStyle: "medium", timeStyle: "short" });

const sign = ({ by, mine, at }, key) => say(mine ? `${key}You` : key, { by, when: moment.format(new Date(at)) });

export function setUp(board) {
  const dialog = prepared("history", refresh);
  const list = dialog.querySelector(".list");
  const template = dialog.querySelector("template");
  const box = dialog.querySelector(".trouble");

  async function refresh() {
    const missed = await board.look(true);
    box.hidden = !missed;
    box.textContent = missed;
    if (!missed) show();
  }

  function show() {
    const events = [...board.known.history].sort((one, other) => other.number - one.number);
    dialog.querySelector(".count").textContent = events.length ? "" : say("nothingChanged");
    const takers = new Map(events.map((event) => [event.number, event]));
    const items = events.filter(({ kind }) => kind !== "undo").map((event) => item(event, takers.get(event.undone_by)));
    list.replaceChildren(...items);
  }

  function item(event, taker) {
    const element = template.content.cloneNode(true).firstElementChild;
    element.classList.toggle("undone", event.undone);
    element.querySelector(".what").textContent = event.summary;
    const signed = [sign(event, "by")];
    if (taker) signed.push(sign(taker, "takenBackBy"));
    element.querySelector(".when").textContent = signed.join(" · ");
    const button = element.querySelector("button");
    if (event.kind === "erased") {
      button.remove();
      return element;
    }
    button.textContent = say(event.undone ? "redo" : "undo");
    button.setAttribute("aria-label", say(event.undone ? "redoOf" : "undoOf", { summary: event.summary }));
    button.addEventListener("click", async () => {
      // A change is restored by undoing its undo.
      const number = event.undone ? event.undone_by : event.number;
      const answer = await attempt(dialog, button, () => board.change({ kind: "undo", number }), { box });
      if (!answer) return;
      tell(say(event.undone ? "redone" : "undone"));
      const place = [...list.children].indexOf(element);
      show();
      list.children[place]?.querySelector("button").focus();
    });
    return element;
  }
}
