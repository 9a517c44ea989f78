// A person's uploads: cancels unfinished ones and retries stopped ones.

import { words } from "./shared/words.js";
import { Away, Refused, ask } from "./upload/requests.js";

const trouble = document.getElementById("trouble");

async function tried(button, action) {
  trouble.hidden = true;
  button.disabled = true;
  try {
    await action(button.closest("[data-id]"));
  } catch (error) {
    if (!(error instanceof Away || error instanceof Refused)) throw error;
    trouble.textContent = error.message;
    trouble.hidden = false;
    button.disabled = false;
  }
}

async function remove(entry) {
  await ask("DELETE", `/api/uploads/${entry.dataset.id}`);
  entry.remove();
  document.getElementById("heading").focus();
}

async function retry(entry) {
  const { url } = await ask("POST", `/api/recordings/${entry.dataset.id}/retry`);
  location.assign(url);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-remove]") && confirm(words.reallyRemove)) tried(button, remove);
  if (button?.matches("[data-retry]")) tried(button, retry);
});
for (const button of document.querySelectorAll("[data-remove], [data-retry]")) button.hidden = false;
