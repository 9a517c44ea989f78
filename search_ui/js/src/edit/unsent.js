// Lines that were written in this browser earlier and never stored. They are restored and saved, or discarded.

import { tidy, say } from "./words.js";

export function offer(board) {
  const box = document.getElementById("offer");
  const drafts = board.drafts.all().filter((draft) => !arrived(board, draft));
  if (!drafts.length) return;
  box.querySelector("p").textContent = say("offer", { n: drafts.length });
  box.hidden = false;
  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    box.hidden = true;
    if (button.value === "take") for (const draft of drafts) take(board, draft);
    else for (const { start, end } of drafts) board.drafts.drop(`${start}-${end}`);
    board.lines.find(drafts[0].start, drafts[0].end)?.field.focus();
  });
}

// Whether the text is stored already, because it was sent but the answer was lost.
function arrived(board, { start, end, text }) {
  const there = tidy(board.lines.find(start, end)?.base ?? "") === text;
  if (there) board.drafts.drop(`${start}-${end}`);
  return there;
}

// `before`: the server's text when the line was written. If it is different now, both texts are shown.
function take(board, { start, end, before, text, speaker }) {
  const line = board.lines.find(start, end) ?? board.lines.begin(start, end, speaker);
  line.base = before;
  line.put(text);
  board.save(line);
}
