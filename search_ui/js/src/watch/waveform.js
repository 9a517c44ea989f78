// The waveform: what was played is filled, and a click or drag seeks. For pointers only: with the keyboard
// the player itself does this.

const drawing = document.getElementById("waveform");
const heard = document.getElementById("heard-part");
const width = drawing?.viewBox.baseVal.width;

export function showHeard(player) {
  if (drawing && player.duration > 0) heard.setAttribute("width", (width * player.currentTime) / player.duration);
}

export function seekByPointer(player) {
  if (!drawing) return;
  const goTo = (event) => {
    const box = drawing.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    if (player.duration > 0) player.currentTime = part * player.duration;
  };
  drawing.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    drawing.setPointerCapture(event.pointerId);
    goTo(event);
  });
  drawing.addEventListener("pointermove", (event) => {
    if (drawing.hasPointerCapture(event.pointerId)) goTo(event);
  });
}
