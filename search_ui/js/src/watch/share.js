// Shares a recording through the device's share menu, or as code to embed in another site.

import { copy } from "../shared/clipboard.js";
import { fill, words } from "../shared/words.js";

const share = document.getElementById("share");
const code = document.getElementById("embed-code");
const from = document.getElementById("embed-from");
const copyCode = document.getElementById("embed-copy");

// `moment()` returns the time in seconds, as text, and its address.
export function offerSharing(moment) {
  if (!navigator.share) return;
  share.hidden = false;
  share.addEventListener("click", async () => {
    try {
      await navigator.share({ title: share.dataset.title, url: moment().url });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // closed without a choice
    }
  });
}

export function offerCode(moment, announce) {
  if (!code) return;
  const whole = code.value;
  const box = from.querySelector("input");
  let now = moment();
  const write = () => {
    const parameter = new URL(now.url).search;
    code.value = box.checked ? whole.replace("/embed\"", `/embed${parameter}"`) : whole;
  };
  code.closest("details").addEventListener("toggle", (event) => {
    if (!event.target.open) return;
    now = moment();
    from.hidden = now.time < 1;
    if (from.hidden) box.checked = false;
    from.querySelector("span").textContent = fill(words.startAt, { time: now.clock });
    write();
  });
  box.addEventListener("change", write);
  code.addEventListener("focus", () => code.select());
  copyCode.hidden = false;
  copyCode.addEventListener("click", async () => {
    if (await copy(code.value)) announce(words.codeCopied);
    else code.focus();
  });
}
