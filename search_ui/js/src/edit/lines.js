// All lines in order of time, with the chapters and gaps between them.

import { Line, keyOf } from "./line.js";
import { say } from "./words.js";

const list = document.getElementById("lines");
const chapterTemplate = document.getElementById("chapter-template");
const FRESH = 4000; // milliseconds for which a line that somebody else changed is marked
const ROUND = 0.002; // seconds: the transcript's times are written with three decimals

export class Lines {
  constructor() {
    this.all = [...list.querySelectorAll(".take")].map((element) => new Line(element));
    this.byField = new WeakMap(this.all.map((line) => [line.field, line]));
    this.gaps = [...list.querySelectorAll(".gap")];
    this.chapters = [...list.querySelectorAll(".chapter")].map((element) => ({
      start: Number(element.dataset.start),
      title: element.querySelector("h3").textContent,
    }));
    for (const button of list.querySelectorAll(".gap .write, .chapter button")) button.hidden = false;
    this.settle();
  }

  of(field) {
    return this.byField.get(field) ?? null;
  }

  // Of several lines with the same start and end, the one with this `text`, else the first.
  find(start, end, text = null) {
    const there = [];
    for (let n = this.after(start) - 1; this.all[n]?.start === start; n -= 1) {
      if (this.all[n].end === end) there.unshift(this.all[n]);
    }
    return there.find((line) => line.base === text || line.text === text) ?? there[0] ?? null;
  }

  next(line, step) {
    return this.all[this.all.indexOf(line) + step] ?? null;
  }

  // The last line that has begun; during a pause, the line before it.
  at(time) {
    return this.all[this.after(time) - 1] ?? null;
  }

  // The number of lines that have begun by then.
  after(time) {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.all[middle].start <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(said) {
    const line = Line.create(said);
    this.byField.set(line.field, line);
    const after = this.all.findIndex((other) => other.start > line.start);
    this.all.splice(after < 0 ? this.all.length : after, 0, line);
    const below = [...list.children].find((other) => Number(other.dataset.start) > line.start);
    list.insertBefore(line.element, below ?? null);
    return line;
  }

  remove(line) {
    const had = this.all.indexOf(line);
    this.all.splice(had, 1);
    if (line.element.contains(document.activeElement)) (this.all[had] ?? this.all[had - 1])?.field.focus();
    line.element.remove();
  }

  // A line that was added but is still empty.
  forgo(line) {
    if (this.all.includes(line)) this.remove(line);
    this.settle();
  }

  // Applies a change to these lines. Lines being edited stay as they are; saving them shows both texts.
  merge(changed, removed = []) {
    const made = new Set(changed.map((said) => keyOf(said.start, said.end)));
    for (const line of [...this.all]) {
      const gone = removed.some((start) => Math.abs(start - line.start) < ROUND) && !made.has(line.key);
      if (gone && !line.dirty) this.remove(line);
    }
    for (const said of changed) this.take(said);
    this.settle();
  }

  // Takes everything from the server. Returns the number of lines that others have changed.
  replace(said) {
    const there = new Map();
    for (const line of this.all) there.set(line.key, [...(there.get(line.key) ?? []), line]);
    let news = 0;
    for (const one of said) {
      // Several lines can have the same start and end; they keep their order.
      news += Number(this.take(one, there.get(keyOf(one.start, one.end))?.shift() ?? null, true));
    }
    for (const line of [...there.values()].flat()) {
      if (line.dirty || line.focused) continue;
      this.remove(line);
      news += 1;
    }
    this.settle();
    return news;
  }

  take(said, line = this.find(said.start, said.end, said.text), mark = false) {
    if (!line) {
      const made = this.add(said);
      if (mark) this.freshen(made);
      return true;
    }
    if (line.dirty || line.focused || line.state === "saving" || line.state === "conflict") {
      line.call(said.speaker ?? null);
      return false;
    }
    const changed = line.is(said);
    if (changed && mark) this.freshen(line);
    return changed;
  }

  freshen(line) {
    line.show("fresh", say("fresh"));
    setTimeout(() => line.state === "fresh" && line.show(""), FRESH);
  }

  // Shows the speaker's name only if the speaker changes, and a gap only if no line was written into it.
  settle() {
    let speaker = null;
    for (const line of this.all) {
      line.element.classList.toggle("same", line.speaker === speaker);
      speaker = line.speaker;
    }
    for (const gap of this.gaps) {
      const [start, end] = [Number(gap.dataset.start), Number(gap.dataset.end)];
      const within = this.all.filter((line) => line.start < end - ROUND && line.end > start + ROUND);
      gap.hidden = within.some((line) => line.corrected || !line.base);
    }
  }

  setChapters(chapters) {
    if (JSON.stringify(chapters) === JSON.stringify(this.chapters)) return;
    this.chapters = chapters;
    for (const element of list.querySelectorAll(".chapter")) element.remove();
    for (const { start, title } of chapters) {
      const element = chapterTemplate.content.cloneNode(true).querySelector(".chapter");
      element.dataset.start = start;
      element.querySelector("h3").textContent = title;
      element.querySelector("button").hidden = false;
      const after = [...list.children].find((other) => Number(other.dataset.start) >= start - ROUND);
      list.insertBefore(element, after ?? null);
    }
  }

  begin(start, end, speaker = null) {
    return this.add({ start, end, speaker, language: null, text: "", corrected: false });
  }

  // A line for speech in a gap, empty until the person writes it.
  write(gap) {
    const [start, end] = [Number(gap.dataset.start), Number(gap.dataset.end)];
    const line = this.find(start, end) ?? this.begin(start, end);
    gap.hidden = true;
    return line;
  }
}
