// The card of one file: its details, its progress, and what to do if something is wrong.

import { fill, words } from "../shared/words.js";
import { Refused, ask, patiently } from "./requests.js";
import { check, complain, fillDetails, missing, offer, readDetails } from "./fields.js";
import { sha256Of } from "./hasher.js";
import { dateOf, percentOf, sizeOf, titleOf } from "./names.js";

const LAST_CIRCLE = "kring.circle";
const SOON = 100; // milliseconds between two updates of a progress bar

let count = 0;

// A copy of the template, with ids that are unique to this card.
function clone(template) {
  const element = template.content.firstElementChild.cloneNode(true);
  const own = (value) => value.replace(/\bcard-/g, `card${count}-`);
  for (const node of [element, ...element.querySelectorAll("*")]) {
    for (const name of ["id", "for", "list", "aria-describedby", "aria-labelledby"]) {
      if (node.hasAttribute(name)) node.setAttribute(name, own(node.getAttribute(name)));
    }
  }
  return element;
}

// states: checking · ready · sending · done · refused (cannot be taken) · there (is in the archive) · failed
export class Card {
  #file;
  #page;
  #form;
  #leaving = new AbortController();
  #state = "checking";
  #sha256 = null;
  #upload = null;
  #sender = null; // the name under which it is being sent
  #wanted = false;
  #sent = new Set();
  #moved = 0;
  #touched = false; // what the person wrote here is not overwritten with their last values

  // `page`: sender, facts (what the page knows), replacement (what its file is to replace), hashing (address of the worker), changed (called after each change).
  constructor(file, template, page) {
    count += 1;
    this.#file = file;
    this.#page = page;
    this.element = clone(template);
    this.#form = this.element.querySelector("form");
    this.#at("name").textContent = file.name;
    this.#at("size").textContent = sizeOf(file.size);
    this.#prepare();
  }

  get busy() {
    return this.#state === "sending" || this.#wanted;
  }

  get open() {
    return ["checking", "ready", "failed"].includes(this.#state) && !this.#wanted;
  }

  #at(name) {
    return this.element.querySelector(`[data-at="${name}"]`);
  }

  #prepare() {
    const { facts } = this.#page;
    const fields = this.#form.elements;
    fields.title.value = titleOf(this.#file.name).slice(0, 300);
    fields.date.value = dateOf(this.#file);
    const last = localStorage.getItem(LAST_CIRCLE);
    const slugs = Object.keys(facts.circles);
    fields.circle.value = slugs.length === 1 ? slugs[0] : last in facts.circles ? last : "";
    for (const [name, known] of Object.entries(facts.known)) offer(fields[name], known);
    if (facts.replaces) fillDetails(this.#form, facts.replaces.details); // they stay as they are, and are not shown
    this.#circleChosen();
    this.#basisChosen();
    fields.circle.addEventListener("change", () => this.#circleChosen());
    this.#form.addEventListener("change", () => this.#basisChosen());
    this.#form.addEventListener("input", (event) => {
      this.#touched = true;
      const name = event.target.name;
      if (this.#form.querySelector(`[data-error="${name}"]:not([hidden])`) && !missing(this.#form)[name]) {
        complain(this.#form, name, "");
      }
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.#at("remove").addEventListener("click", () => this.#remove());
    this.#at("again").addEventListener("click", () => this.submit());
  }

  // The circle's defaults for recordings.
  #circleChosen() {
    const circle = this.#page.facts.circles[this.#form.elements.circle.value];
    const asItHas = (name) => this.#form.elements[name].options[0];
    asItHas("language").text = circle?.language ? fill(words.asCircle, { what: circle.language }) : words.asHeard;
    asItHas("visibility").text = circle ? fill(words.asCircle, { what: circle.visibility }) : words.asCircleHas;
  }

  #basisChosen() {
    this.#at("other").hidden = this.#form.elements.basis.value !== "other";
  }

  // `sentence`: a string, or nodes.
  #show(state, ...sentence) {
    this.#state = state;
    this.element.dataset.state = state;
    const working = state === "sending" || (this.#wanted && state !== "failed");
    this.#at("says").replaceChildren(...sentence);
    this.#at("bar").hidden = !["checking", "sending"].includes(state);
    this.#at("fields").hidden = working || ["done", "refused", "there"].includes(state);
    this.#at("submit").hidden = this.#at("fields").hidden || state === "failed";
    this.#at("again").hidden = state !== "failed";
    this.#at("remove").textContent = working ? words.cancel : state === "done" ? words.close : words.remove;
    this.waits("");
    this.#page.changed();
  }

  #link(text, address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = text;
    return link;
  }

  #bar(bytes) {
    const now = performance.now();
    if (now - this.#moved < SOON && bytes < this.#file.size) return; // more is not visible
    this.#moved = now;
    const bar = this.#at("bar");
    bar.value = bytes / this.#file.size;
    this.#at("percent").textContent = percentOf(bytes, this.#file.size);
  }

  waits(sentence) {
    const box = this.#at("waits");
    const text = sentence ? `${sentence} ${words.goesOn}` : "";
    if (box.textContent !== text) box.textContent = text;
    box.hidden = !text;
  }

  progress(bytes) {
    this.#bar(bytes);
  }

  paused(is) {
    if (this.#state === "sending") this.#at("says").textContent = is ? words.paused : words.sending;
  }

  // `note`: the server's remark if work on the recording cannot begin now.
  done({ url, note }) {
    this.#show("done", note || words.done, " ", this.#link(words.follow, url));
    this.#at("percent").textContent = "";
  }

  failed(error) {
    if (this.#sender) this.#page.sender.forget(this.#sender);
    this.#sender = null;
    this.#wanted = false;
    this.#at("percent").textContent = "";
    this.#show("failed", error.message);
  }

  #patiently(action) {
    return patiently(action, { signal: this.#leaving.signal, tell: (sentence) => this.waits(sentence) });
  }

  #ask(method, path, options) {
    return this.#patiently(() => ask(method, path, { signal: this.#leaving.signal, ...options }));
  }

  #about(sha256) {
    return { name: this.#file.name, size: this.#file.size, type: this.#file.type, sha256 };
  }

  // Asks whether the file can be taken, is archived already or partly uploaded, while the person fills in the form.
  async check() {
    this.#show("checking", words.checking);
    try {
      await this.#ask("POST", "/api/uploads/check", { body: this.#about(null) });
      this.#sha256 = await sha256Of(this.#page.hashing, this.#file, {
        signal: this.#leaving.signal,
        progress: (bytes) => this.#bar(bytes),
      });
      const known = await this.#ask("POST", "/api/uploads/check", { body: this.#about(this.#sha256) });
      this.#at("percent").textContent = "";
      if (known.recording) {
        this.#wanted = false;
        this.#show("there", words.there, " ", this.#link(known.recording.title, known.recording.url));
        return;
      }
      this.#upload = known.upload;
      const said = this.#page.facts.begun[known.upload?.id];
      if (said && !this.#touched) {
        fillDetails(this.#form, said);
        this.#circleChosen();
        this.#basisChosen();
      }
      const arrived = known.upload && percentOf(known.upload.received, this.#file.size);
      this.#show("ready", arrived ? fill(words.begun, { percent: arrived }) : words.ready);
      if (this.#wanted) await this.#send();
    } catch (error) {
      this.#wanted = false;
      this.#gone(error, "refused");
    }
  }

  // Shows the server's refusal in its words. It is not an error if the card was removed meanwhile.
  #gone(error, state) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused)) throw error;
    this.#at("percent").textContent = "";
    this.#show(state, error.message);
  }

  // Sends the file now, or as soon as it has been checked. Returns false if the form is incomplete.
  submit() {
    if (!(this.#page.replacement ? this.#page.replacement.check() : check(this.#form))) return false;
    if (!this.#page.replacement) localStorage.setItem(LAST_CIRCLE, this.#form.elements.circle.value);
    this.#wanted = true;
    if (this.#state === "checking") this.#show("checking", words.checkingFirst);
    else this.#send();
    return true;
  }

  async #send() {
    this.#show("sending", words.beginning);
    this.#at("bar").value = 0;
    try {
      const replaces = this.#page.replacement?.read() ?? null;
      const body = { ...this.#about(this.#sha256), details: readDetails(this.#form), replaces };
      this.#upload = { received: 0, ...this.#upload, ...(await this.#ask("POST", "/api/uploads", { body })) };
      if (!(await this.#sendFiles())) return;
    } catch (error) {
      this.#wanted = false;
      this.#gone(error, "failed");
      return;
    }
    this.#wanted = false;
    this.#show("sending", words.sending);
    this.#bar(this.#upload.received);
    this.#sender = this.#page.sender.send(this, this.#file, this.#upload);
  }

  // Slides and transcript are sent first: they are small, and errors in them should show up early.
  async #sendFiles() {
    for (const kind of ["attachment", "transcript"]) {
      for (const file of this.#form.elements[kind].files) {
        const mark = `${kind} ${file.name} ${file.size} ${file.lastModified}`;
        if (this.#sent.has(mark)) continue;
        const where = `/api/uploads/${this.#upload.id}/files?${new URLSearchParams({ kind, name: file.name })}`;
        try {
          await this.#ask("POST", where, { bytes: file });
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          this.#wanted = false;
          this.#show("ready", words.filesWrong);
          complain(this.#form, kind, `${file.name}: ${error.message}`);
          this.#form.elements[kind].focus();
          return false;
        }
        this.#sent.add(mark);
      }
    }
    return true;
  }

  async #remove() {
    const begun = this.#upload !== null && this.#state !== "done" && this.#state !== "there";
    if (begun && !confirm(fill(words.reallyRemove, { name: this.#file.name }))) return;
    this.#leaving.abort();
    if (this.#sender && this.#state !== "done") this.#page.sender.forget(this.#sender);
    this.#state = "removed";
    this.#wanted = false;
    this.element.remove();
    this.#page.removed(this);
    if (begun) await this.#takeBack();
  }

  // The card has been removed, so the message appears beside the field for new files.
  async #takeBack() {
    const { tell } = this.#page;
    try {
      await patiently(() => ask("DELETE", `/api/uploads/${this.#upload.id}`), { tell });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tell(error.message);
    }
  }
}
