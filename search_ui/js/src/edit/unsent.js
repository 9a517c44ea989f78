// Lines that were written here before and never arrived: put back and saved, or thrown away.

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

// Whether what was written stands there already: it was sent, and its answer was lost.
function arrived(board, { start, end, text }) {
  const there = tidy(board.lines.find(start, end)?.base ?? "") === text;
  if (there) board.drafts.drop(`${start}-${end}`);
  return there;
}

// `before` is what stood there when it was written: where that is another text now, both are shown.
function take(board, { start, end, before, text, speaker }) {
  const line = board.lines.find(start, end) ?? board.lines.begin(start, end, speaker);
  line.base = before;
  line.put(text);
  board.save(line);
}
