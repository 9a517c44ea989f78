// The state of the recording. Every change goes through here to the server, and its answer back into the page.

import { Refused, Unreachable, ask, inTurn } from "./api.js";
import { Drafts } from "./drafts.js";
import { keyOf } from "./line.js";
import { Lines } from "./lines.js";
import { clock, say, tell, tidy } from "./words.js";

const RETRY = 10_000; // milliseconds until lines that could not be sent are sent again
const LOOK = 20_000; // and until the changes of others are requested

const editor = document.getElementById("editor");
const state = document.getElementById("state");
const again = document.getElementById("again");
const undoButton = document.getElementById("undo");

export class Board extends EventTarget {
  constructor() {
    super();
    this.address = `/api/recordings/${editor.dataset.recording}`;
    this.number = Number(editor.dataset.number);
    this.lines = new Lines();
    this.drafts = new Drafts(editor.dataset.recording);
    this.touched = new Set(); // lines that were edited here; only a few of all
    this.known = null; // the last state the server sent; null before the first
    this.under = 0; // changes sent but not answered
    this.last = null; // number of the last change made here
    this.sent = 0; // number of answers to changes
    this.behind = false; // whether others made changes that this page has not loaded
    this.trouble = "";
    undoButton.addEventListener("click", () => this.undoLast());
    again.addEventListener("click", () => this.saveAll());
    addEventListener("online", () => this.saveAll());
    addEventListener("focus", () => this.look());
    document.addEventListener("visibilitychange", () => this.look());
    setInterval(() => this.look(), LOOK);
    setInterval(() => this.failed.some((line) => !line.refused) && this.saveAll(), RETRY);
    addEventListener("beforeunload", (event) => this.unsaved.length && event.preventDefault());
  }

  get unsaved() {
    return [...this.touched].filter((line) => line.dirty || line.state === "saving");
  }

  get failed() {
    return this.unsaved.filter((line) => line.state === "failed");
  }

  // Sends one change and applies the answer. Throws Refused and Unreachable.
  async send(change) {
    this.under += 1;
    try {
      const answer = await ask("POST", `${this.address}/corrections`, { change });
      this.notice(answer);
      // If nothing had to be changed, the number is that of another person's change: not to be undone from here.
      this.last = answer.stored && change.kind !== "undo" ? answer.number : null;
      this.lines.merge(answer.changed, answer.removed);
      this.lines.setChapters(answer.chapters);
      return answer;
    } finally {
      this.under -= 1;
      this.sent += 1;
      this.report();
      if (this.behind) this.look();
    }
  }

  // Numbers have no gaps, so missing ones are changes of others. Lines with unknown borders are new to the page.
  notice({ number, stored, changed }) {
    const others = number - this.number - Number(stored);
    if (others > 0 || changed.some(({ start, end }) => !this.lines.find(start, end))) this.behind = true;
    this.number = Math.max(this.number, number);
  }

  // A change to more than one line: unsaved lines are sent first, and everything is loaded again afterwards.
  async change(change) {
    await this.saveAll();
    const answer = await inTurn(() => this.send(change));
    await this.look(true);
    return answer;
  }

  keep(line) {
    this.touched.add(line);
    if (line.dirty) this.drafts.keep(line);
    else this.drafts.drop(line.key);
    this.report();
  }

  saveAll() {
    return Promise.all(this.unsaved.map((line) => this.save(line)));
  }

  save(line) {
    if (line.state === "conflict") return Promise.resolve();
    if (!line.dirty) {
      this.drafts.drop(line.key);
      this.touched.delete(line);
      if (line.state === "failed") line.show("");
      if (!line.base && !line.focused) this.lines.forgo(line);
      this.report();
      return Promise.resolve();
    }
    this.touched.add(line);
    this.drafts.keep(line);
    line.show("saving", say("saving"));
    this.report();
    return inTurn(() => this.sendLine(line));
  }

  async sendLine(line) {
    const mine = line.text;
    if (line.state === "conflict") return; // it was queued twice; the person must choose between the texts first
    if (!line.dirty) {
      this.saved(line);
      return;
    }
    try {
      const { start, end, key } = line;
      const { changed } = await this.send({ kind: "line", start, end, before: tidy(line.base), text: mine });
      const kept = changed.find((said) => keyOf(said.start, said.end) === key);
      this.accept(line, mine, kept?.text ?? mine);
    } catch (error) {
      this.failedLine(line, mine, error);
    } finally {
      this.report();
    }
  }

  // `text` was sent; the server stored it as `kept`, without invisible characters.
  accept(line, text, kept = text) {
    const same = line.text === text;
    line.base = kept;
    if (!same && line.dirty) {
      line.show(""); // the person typed on; it is saved when the line loses the focus
      this.drafts.keep(line);
      return;
    }
    line.is({ text: kept, corrected: Boolean(kept) });
    if (line.dirty) line.put(kept);
    this.saved(line);
    if (kept) return;
    tell(say("takenAway"));
    this.lines.remove(line);
    this.lines.settle();
  }

  saved(line) {
    this.touched.delete(line);
    this.drafts.drop(line.key);
    this.trouble = "";
    line.show("saved", say("saved"));
    tell(say("saved"));
    setTimeout(() => line.state === "saved" && line.show(""), 3000);
    this.lines.settle();
  }

  failedLine(line, mine, error) {
    if (error instanceof Refused && error.now) {
      const theirs = tidy(error.now.text);
      if (theirs === mine) this.accept(line, mine); // it was stored before, but the answer was lost
      else this.contest(line, theirs, error.message);
      return;
    }
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    // Sent again, it would be refused again, unless it was refused only because too many changed the recording at once.
    line.refused = error instanceof Refused && error.status !== 409;
    this.trouble = line.refused ? error.message : "";
    line.show("failed", say("notSaved"));
    tell(error.message);
  }

  contest(line, theirs, sentence) {
    tell(say("conflictTold", { time: clock(line.start) }));
    line.contest(theirs, sentence, (choice) => {
      const inside = line.element.contains(document.activeElement);
      line.base = theirs;
      line.show("");
      if (choice === "theirs") {
        line.put(theirs);
        this.drafts.drop(line.key);
      } else this.save(line);
      this.report();
      if (inside) line.field.focus();
      if (choice === "theirs" && !theirs) this.lines.remove(line);
    });
  }

  async undoLast() {
    if (this.last === null) return;
    const number = this.last;
    undoButton.disabled = true;
    try {
      await this.change({ kind: "undo", number });
      tell(say("undone"));
      this.say("saved", say("undone"));
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      this.say("failed", error.message);
      tell(error.message);
    } finally {
      undoButton.disabled = false;
    }
  }

  // Loads what others have changed. `always`: even right after a change that was made here.
  // Returns "", or a sentence that says why it could not be loaded.
  async look(always = false) {
    if (!always && (document.visibilityState === "hidden" || this.under || this.looking)) return "";
    this.looking = true;
    const { sent } = this;
    const fetch = async () => this.learn(await ask("GET", `${this.address}/corrected`), always);
    try {
      await (always ? inTurn(fetch) : fetch()); // waits until no change is being sent
      return "";
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      this.say("failed", error.message); // it is tried again soon
      return error.message;
    } finally {
      this.looking = false;
      if (this.behind && this.sent !== sent) this.look(); // the answer is older than a change that was sent meanwhile
    }
  }

  learn(found, own) {
    if (found.number < this.number || this.under) return; // older than the last change sent from here
    const news = this.lines.replace(found.lines);
    this.lines.setChapters(found.chapters);
    this.number = found.number;
    this.behind = false;
    this.known = found;
    document.getElementById("title").textContent = found.details.title;
    if (news && !own) tell(say("changedLines", { n: news }));
    this.report();
    this.dispatchEvent(new Event("known"));
  }

  report() {
    const n = this.unsaved.filter((line) => !line.focused || line.state === "failed").length;
    if (this.unsaved.some((line) => line.state === "saving")) this.say("saving", say("saving"));
    else if (n) this.say("failed", `${this.trouble} ${say("unsaved", { n })}`.trim());
    else this.say("saved", say("allSaved"));
    again.hidden = !this.failed.length;
    const had = document.activeElement === undoButton;
    undoButton.hidden = this.last === null || n > 0;
    if (had && undoButton.hidden) document.getElementById("play").focus();
  }

  say(kind, message) {
    if (state.textContent === message) return;
    state.dataset.state = kind;
    state.textContent = message;
  }
}
