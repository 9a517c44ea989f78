// The keyboard shortcuts of the editor. They work in the transcript, at the player and without focus; never in
// dialogs or elsewhere on the page, and none of them is Tab.

const OVER = CSS.supports("selector(:popover-open)") ? "dialog[open], :popover-open" : "dialog[open]";

export function listen(board, playing, leave) {
  const editor = document.getElementById("editor");

  addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || document.querySelector(OVER)) return;
    if (event.target !== document.body && !editor.contains(event.target)) return;
    const line = board.lines.of(event.target);
    const act = always(event, playing) ?? (line && inLine(event, line, playing, leave));
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function always(event, playing) {
  const command = event.ctrlKey || event.metaKey;
  const plain = !command && !event.shiftKey;
  if (event.key === "Escape" && plain && event.target.tagName !== "SELECT") return () => playing.toggle();
  if (event.key === "F2" && plain) return () => playing.back();
  if (event.key === "." && command && !event.shiftKey) return () => playing.toCurrent();
  return null;
}

function inLine(event, line, playing, leave) {
  const command = event.ctrlKey || event.metaKey;
  const { selectionStart, selectionEnd, value } = line.field;
  if (event.key === "Enter" && command) return () => playing.playFrom(line.start);
  if (event.key === "Enter") return () => leave(line, event.shiftKey ? -1 : 1);
  if (command || event.shiftKey || selectionStart !== selectionEnd) return null;
  if (event.key === "ArrowUp" && selectionStart === 0) return () => leave(line, -1);
  if (event.key === "ArrowDown" && selectionEnd === value.length) return () => leave(line, 1);
  return null;
}
