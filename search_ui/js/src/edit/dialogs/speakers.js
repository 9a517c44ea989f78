// Lists the speakers and renames them.

import { attempt, prepared } from "./dialogs.js";
import { say, tell, tidy } from "../words.js";

export function setUp(board) {
  const dialog = prepared("speakers", show);
  const list = dialog.querySelector(".list");
  const template = dialog.querySelector("template");

  function show() {
    const amounts = new Map();
    for (const { speaker } of board.lines.all) if (speaker) amounts.set(speaker, (amounts.get(speaker) ?? 0) + 1);
    dialog.querySelector(".none").hidden = amounts.size > 0;
    dialog.querySelector(".some").hidden = amounts.size === 0;
    list.replaceChildren(...[...amounts].map(([speaker, n]) => item(speaker, n)));
  }

  function item(speaker, n) {
    const element = template.content.cloneNode(true).firstElementChild;
    const [form, input, button] = ["form", "input", "button"].map((name) => element.querySelector(name));
    input.value = speaker;
    input.setAttribute("aria-label", say("speakerName", { speaker }));
    element.querySelector(".amount").textContent = say("speakerLines", { n });
    button.textContent = say("rename");
    button.disabled = true;
    input.addEventListener("input", () => (button.disabled = !tidy(input.value) || tidy(input.value) === speaker));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const to = tidy(input.value);
      if (button.disabled || !to || to === speaker) return;
      const answer = await attempt(dialog, button, () => board.change({ kind: "speaker", name: speaker, to }));
      if (!answer) return;
      tell(say("renamed", { speaker, name: to }));
      show();
      [...list.querySelectorAll("input")].find((other) => other.value === to)?.focus();
    });
    return element;
  }
}
