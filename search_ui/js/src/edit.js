// The editor, in which a person listens and corrects. Each line is saved when the person leaves it.

import { Board } from "./edit/board.js";
import * as chapters from "./edit/dialogs/chapters.js";
import * as details from "./edit/dialogs/details.js";
import * as dialogs from "./edit/dialogs/dialogs.js";
import * as history from "./edit/dialogs/history.js";
import * as keys from "./edit/keys.js";
import * as author from "./edit/author.js";
import * as names from "./edit/dialogs/names.js";
import { offer } from "./edit/unsent.js";
import { Playing } from "./edit/playback.js";
import * as sound from "./edit/dialogs/sound.js";
import * as speakers from "./edit/dialogs/speakers.js";

const list = document.getElementById("lines");
const board = new Board();
const playing = new Playing(board.lines);
let last = null; // the line that had the focus last
let waiting = 0;

function leave(line, step) {
  const next = board.lines.next(line, step);
  if (!next) {
    board.save(line);
    return;
  }
  next.field.focus();
  const end = step < 0 ? next.field.value.length : 0;
  next.field.setSelectionRange(end, end);
}

list.addEventListener("focusin", (event) => {
  last = board.lines.of(event.target) ?? last;
});
list.addEventListener("focusout", (event) => {
  const line = board.lines.of(event.target);
  if (!line) return;
  // If only the window lost the focus, an empty line is probably being rewritten, not removed.
  if (line.focused && !line.text) board.keep(line);
  else board.save(line);
});
list.addEventListener("input", (event) => {
  const line = board.lines.of(event.target);
  if (!line) return;
  if (/[\r\n]/.test(line.field.value)) unbroken(line.field);
  if (line.state === "saved" || line.state === "fresh") line.show("");
  clearTimeout(waiting);
  waiting = setTimeout(() => board.keep(line), 250);
});
addEventListener("pagehide", () => last?.dirty && board.keep(last));

// Pasted text loses its line breaks, because a line of the transcript has none.
function unbroken(field) {
  const at = field.selectionEnd;
  field.value = field.value.replace(/\s*[\r\n]+\s*/g, " ");
  field.setSelectionRange(at, at);
}

list.addEventListener("click", (event) => {
  const time = event.target.closest(".time");
  if (time) playing.playFrom(Number(time.parentElement.dataset.start));
  if (event.target.closest(".write")) {
    const line = board.lines.write(event.target.closest(".gap"));
    line.field.focus();
    playing.playFrom(line.start);
  }
});

const selected = () => (last ? last.field.value.slice(last.field.selectionStart, last.field.selectionEnd) : "");
const here = () => (playing.playing ? playing.current : (last ?? playing.current))?.start ?? playing.time;

keys.listen(board, playing, leave);
dialogs.listen();
names.setUp(board, selected);
speakers.setUp(board);
chapters.setUp(board, here);
details.setUp(board);
history.setUp(board);
author.setUp(board);
sound.setUp(board.address);
offer(board);
dialogs.openNamed();
