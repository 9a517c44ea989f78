// Dialogs of the editor, and how they show the server's answer.

import { Refused, Unreachable } from "../api.js";
import { trouble } from "../words.js";

const preparations = new Map();

// `prepare` is called each time before the dialog with this id opens.
export function prepared(id, prepare) {
  const dialog = document.getElementById(id);
  preparations.set(id, prepare);
  return dialog;
}

export function listen() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-opens]");
    if (!button) return;
    const dialog = document.getElementById(button.dataset.opens);
    for (const box of dialog.querySelectorAll(".trouble")) trouble(box);
    for (const count of dialog.querySelectorAll(".count")) count.textContent = "";
    preparations.get(dialog.id)?.(button);
    dialog.showModal();
  });
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog && outside(dialog, event)) dialog.close();
    });
    dialog.addEventListener("close", () => {
      // If it was opened from a menu, which is closed now, the focus goes to the menu's button.
      const lost = document.activeElement === document.body || dialog.contains(document.activeElement);
      if (lost) document.querySelector(".tools-open").focus();
    });
  }
}

// Opens the dialog that the fragment (`#…`) of the address names, as links of other pages do.
export function openNamed() {
  document.querySelector(`[data-opens="${CSS.escape(location.hash.slice(1))}"]`)?.click();
}

function outside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

// Runs `work` with its button disabled. If the server refuses or is unreachable, the dialog shows the sentence.
// `refused` is called with the current value if somebody else changed it first.
export async function attempt(dialog, button, work, { box = dialog.querySelector(".trouble"), refused = undefined } = {}) {
  trouble(box);
  button.disabled = true;
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    trouble(box, error.message);
    if (error instanceof Refused && error.now) refused?.(error.now);
    return null;
  } finally {
    button.disabled = false;
  }
}
