// Shows which audio track is played and transcribed, and lets the person choose another.

import { ask } from "../api.js";
import { attempt } from "./dialogs.js";

export function setUp(address) {
  const dialog = document.getElementById("sound");
  if (!dialog) return;
  const form = dialog.querySelector("form.which");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = { name: form.elements.sound.value };
    const answer = await attempt(dialog, button, () => ask("POST", `${address}/sound`, wanted));
    if (answer) dialog.querySelector(".count").textContent = answer.says;
  });
}
