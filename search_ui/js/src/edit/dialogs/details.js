// The details of the recording, and its attachments.

import { fillDetails, readDetails } from "../../shared/details.js";
import { ask } from "../api.js";
import { attempt, prepared } from "./dialogs.js";
import { say, tell, trouble } from "../words.js";

const MOST = 100_000_000; // bytes of one attachment

export function setUp(board) {
  let before = null;
  const dialog = prepared("details", refresh);
  const form = dialog.querySelector(".all");
  const button = form.querySelector(".dialog-foot button");
  const count = form.querySelector(".dialog-foot .count");
  const template = dialog.querySelector("#theirs-now");

  async function refresh() {
    button.disabled = true;
    settle();
    const opened = readDetails(form);
    const missed = await board.look(true);
    trouble(form.querySelector(".trouble"), missed);
    if (missed) return;
    before = board.known.details;
    const written = readDetails(form); // if the person typed before the current details were loaded
    const same = (name) => JSON.stringify(written[name]) === JSON.stringify(opened[name]);
    fillDetails(form, Object.fromEntries(Object.entries(before).filter(([name]) => same(name))));
    button.disabled = false;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const after = readDetails(form, before);
    if (JSON.stringify(after) === JSON.stringify(before)) {
      count.textContent = say("detailsSame");
      return;
    }
    const work = () => board.change({ kind: "details", before, after });
    const answer = await attempt(form, button, work, { refused: ({ details }) => contest(details) });
    if (!answer) return; // what the person wrote stays in the form
    settle();
    before = board.known.details;
    fillDetails(form, before);
    count.textContent = say("detailsSaved");
  });

  // Somebody else changed these fields first: their values are shown below, and saving again replaces them.
  function contest(theirs) {
    settle();
    before = { ...before, ...theirs };
    for (const name of Object.keys(theirs)) {
      const theirText = shown(form.elements[name], theirs[name]);
      const item = template.content.cloneNode(true).firstElementChild;
      item.querySelector("span").textContent = say("nowItSays", { text: theirText || say("empty") });
      item.querySelector("button").addEventListener("click", () => {
        fillDetails(form, { [name]: theirs[name] });
        item.remove();
        form.elements[name].focus();
      });
      form.elements[name].closest(".field").append(item);
    }
  }

  function settle() {
    for (const item of form.querySelectorAll(".theirs-now")) item.remove();
  }

  attachments(board, dialog.querySelector(".attachments"));
}

// A value as the form would show it.
function shown(field, value) {
  const options = field.tagName === "SELECT" ? [...field.options] : [];
  if (options.length) return options.find((option) => option.value === (value ?? ""))?.text ?? value;
  return Array.isArray(value) ? value.join(", ") : value;
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
