// One line of the transcript: the server's text (`base`), the text in the field, and whether it is saved.

import { clock, say, tidy } from "./words.js";

const template = document.getElementById("line-template");
const mark = document.getElementById("mark-template");
const conflicts = document.getElementById("conflict-template");
const GROWS = CSS.supports("field-sizing", "content");
let made = 0;

export const keyOf = (start, end) => `${start}-${end}`;

export class Line {
  constructor(element) {
    this.element = element;
    this.field = element.querySelector("textarea");
    this.note = element.querySelector(".note");
    this.start = Number(element.dataset.start);
    this.end = Number(element.dataset.end);
    this.base = this.field.defaultValue;
    this.speaker = element.querySelector(".who").textContent || null;
    this.corrected = element.classList.contains("corrected");
    this.state = "";
    this.refused = false;
    this.field.readOnly = false;
    if (!GROWS) this.grow();
  }

  static create({ start, end, speaker, language, text, corrected }) {
    const element = template.content.cloneNode(true).querySelector(".take");
    element.dataset.start = start;
    element.dataset.end = end;
    const time = element.querySelector(".time");
    time.textContent = clock(start);
    time.setAttribute("aria-label", say("playFrom", { time: clock(start) }));
    const field = element.querySelector("textarea");
    if (language) field.lang = language;
    element.querySelector(".note").id = `m${++made}`;
    field.setAttribute("aria-describedby", `m${made}`);
    const line = new Line(element);
    line.is({ speaker, text, corrected });
    return line;
  }

  get key() {
    return keyOf(this.start, this.end);
  }

  get text() {
    return tidy(this.field.value);
  }

  get dirty() {
    return this.text !== tidy(this.base);
  }

  get focused() {
    return document.activeElement === this.field;
  }

  // Takes the server's text, and shows it unless the person is editing the line. Returns whether anything changed.
  is({ speaker, text, corrected }) {
    const changed = text !== this.base || (speaker ?? null) !== this.speaker;
    if (speaker !== undefined) this.call(speaker ?? null);
    if (corrected !== this.corrected) {
      this.corrected = corrected;
      this.element.classList.toggle("corrected", corrected);
      if (!this.state) this.show("");
    }
    if (text === this.base) return changed;
    this.base = text;
    this.put(text);
    return changed;
  }

  put(text) {
    this.field.value = text;
    if (!GROWS) this.grow();
  }

  call(speaker) {
    this.speaker = speaker;
    const who = this.element.querySelector(".who");
    who.hidden = !speaker;
    who.firstElementChild.textContent = speaker ?? "";
    const time = clock(this.start);
    this.field.setAttribute("aria-label", speaker ? say("lineBy", { speaker, time }) : say("line", { time }));
  }

  // `state`: "" (as the server has it), "saving", "saved", "failed", "conflict", "fresh"
  show(state, message = "") {
    this.state = state;
    this.element.dataset.state = state;
    if (state === "conflict") return;
    this.element.querySelector(".conflict")?.remove();
    if (message || !this.corrected) this.note.textContent = message;
    else this.note.replaceChildren(mark.content.cloneNode(true));
  }

  // Shows both texts, a sentence about who was first, and two buttons. `choose` is called with "theirs" or "mine".
  contest(theirs, sentence, choose) {
    this.element.querySelector(".conflict")?.remove();
    const box = conflicts.content.cloneNode(true).querySelector(".conflict");
    const head = box.querySelector(".conflict-head");
    head.textContent = sentence;
    box.setAttribute("aria-label", sentence);
    for (const [name, text] of [["theirs", theirs], ["mine", this.text]]) {
      box.querySelector(`.${name}`).textContent = text || say("empty");
    }
    box.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) choose(button.value);
    });
    this.note.textContent = "";
    this.element.append(box);
    this.show("conflict");
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }
}
