// What is said about the recording, and the documents that belong to it.

import { fillDetails, readDetails } from "../shared/details.js";
import { ask } from "./api.js";
import { attempt, prepared } from "./dialogs.js";
import { say, tell, trouble } from "./words.js";

const MOST = 100_000_000; // bytes of one attachment

export function setUp(board) {
  let before = null;
  const dialog = prepared("details", refresh);
  const form = dialog.querySelector(".all");
  const button = form.querySelector(".dialog-foot button");
  const count = form.querySelector(".dialog-foot .count");

  async function refresh() {
    button.disabled = true;
    const missed = await board.look(true);
    trouble(form.querySelector(".trouble"), missed);
    if (missed) return;
    before = board.known.details;
    fillDetails(form, before);
    button.disabled = false;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const after = readDetails(form, before);
    if (JSON.stringify(after) === JSON.stringify(before)) {
      count.textContent = say("detailsSame");
      return;
    }
    const answer = await attempt(form, button, () => board.change({ kind: "details", before, after }));
    if (!answer) return; // what was written stays in the form
    before = board.known.details;
    fillDetails(form, before);
    count.textContent = say("detailsSaved");
  });

  attachments(board, dialog.querySelector(".attachments"));
}

function attachments(board, section) {
  const address = `${board.address}/attachments`;
  const list = section.querySelector(".list");
  const template = section.querySelector("template");
  const input = section.querySelector("input");
  const count = section.querySelector(".count");

  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    const box = section.querySelector(".trouble");
    if (file.size > MOST) {
      trouble(box, say("tooLarge", { name: file.name }));
      return;
    }
    count.textContent = say("sending", { name: file.name });
    const title = file.name.replace(/\.[^.]+$/, "");
    const query = new URLSearchParams({ name: file.name, title });
    const kind = file.type || "application/octet-stream";
    const made = await attempt(section, input, async () => [await ask("POST", `${address}?${query}`, file, kind)]);
    input.value = "";
    count.textContent = made ? say("attached", { name: title }) : "";
    if (made) add(made[0], title);
  });

  list.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const item = button.closest("li");
    const name = item.querySelector(".name").textContent;
    const gone = await attempt(section, button, async () => [await ask("DELETE", `${address}/${item.dataset.sha256}`)]);
    if (!gone) return;
    item.remove();
    input.focus();
    tell(say("attachmentRemoved", { name }));
    count.textContent = say("attachmentRemoved", { name });
  });

  function add(made, title) {
    if ([...list.children].some((other) => other.dataset.sha256 === made.sha256)) return;
    const item = template.content.cloneNode(true).firstElementChild;
    item.dataset.sha256 = made.sha256;
    item.querySelector(".name").textContent = title;
    item.querySelector("button").setAttribute("aria-label", say("removeAttachment", { name: title }));
    list.append(item);
  }
}
