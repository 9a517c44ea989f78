// The upload page: each file that is dropped or chosen gets a card with a form, and is uploaded once the form is sent.

import Uppy from "@uppy/core";
import DragDrop from "@uppy/drag-drop";
import da from "@uppy/locales/lib/da_DK.js";
import nb from "@uppy/locales/lib/nb_NO.js";
import nl from "@uppy/locales/lib/nl_NL.js";
import { words } from "./shared/words.js";
import { Card } from "./upload/card.js";
import { replacementIn } from "./upload/replacement.js";
import { SILENT, makeSender } from "./upload/sending.js";

const facts = JSON.parse(document.getElementById("facts").textContent);
const spoken = { nb, da, nl }[document.documentElement.lang] ?? { strings: {} }; // Uppy speaks English by itself
// Texts that Uppy's catalogues lack in some languages.
const ours = {
  dropHereOr: words.drop.replace("{browse}", "%{browse}"),
  browse: words.browse,
  noDuplicates: words.twice.replace("{name}", "%{fileName}"),
};
const locale = { ...spoken, strings: { ...spoken.strings, ...ours } };
const list = document.getElementById("cards");
const template = document.getElementById("card");
const trouble = document.getElementById("trouble");
const all = document.getElementById("all");
const overall = document.getElementById("overall");

const cards = new Map(); // by Uppy's file id
const restrictions = { maxNumberOfFiles: facts.replaces ? 1 : null };
const desk = new Uppy({ id: "desk", locale, logger: SILENT, restrictions });

function tell(sentence) {
  trouble.textContent = sentence;
  trouble.hidden = !sentence;
}

const page = {
  facts,
  replacement: facts.replaces ? replacementIn(document.getElementById("replacement"), facts.replaces.id) : null,
  tell,
  hashing: list.dataset.hashing,
  sender: makeSender(locale, "#status"),
  changed() {
    const open = [...cards.values()].filter((card) => card.open);
    all.hidden = open.length < 2;
    overall.hidden = cards.size === 0;
  },
  removed(card) {
    const [id] = [...cards].find(([, other]) => other === card);
    cards.delete(id);
    desk.removeFile(id);
    page.changed();
    (list.querySelector("h3") ?? document.querySelector(".uppy-DragDrop-container")).focus();
  },
};

desk.use(DragDrop, { target: "#drop", note: words.note });
const chooser = document.querySelector(".uppy-DragDrop-input");
chooser.setAttribute("aria-label", words.choose);
chooser.accept = facts.accepted;

desk.on("file-added", (file) => {
  tell("");
  const card = new Card(file.data, template, page);
  cards.set(file.id, card);
  list.append(card.element);
  page.changed();
  if (cards.size === 1) card.element.querySelector("h3").focus();
  card.check();
});
desk.on("restriction-failed", (_, error) => tell(error.message)); // the same file twice

// The browser must not open a file that is dropped beside the field, because that would leave the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

all.addEventListener("click", () => {
  // Backwards, so that the first incomplete form gets the focus last and keeps it.
  for (const card of [...cards.values()].filter((one) => one.open).reverse()) card.submit();
});

addEventListener("beforeunload", (event) => {
  if ([...cards.values()].some((card) => card.busy)) event.preventDefault();
});
document.documentElement.classList.add("scripted");
