// Copies what stands in a field by a button beside it, which is there only where scripts run.

import { copy } from "./shared/clipboard.js";
import { words } from "./shared/words.js";

const field = document.getElementById("made");
const button = document.getElementById("copy");
const said = document.getElementById("copied");

button.hidden = false;
field.addEventListener("focus", () => field.select());
button.addEventListener("click", async () => {
  if (await copy(field.value)) said.textContent = words.copied;
  else field.focus(); // chosen, and ready to be copied by hand
});
