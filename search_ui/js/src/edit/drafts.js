// Lines that are not saved yet, kept in this browser: each under its own key, so that two windows do not meet.

const PREFIX = "kring.unsaved.";

export class Drafts {
  constructor(recording) {
    this.prefix = `${PREFIX}${recording}.`;
  }

  keep(line) {
    const { start, end, base, text, speaker } = line;
    try {
      localStorage.setItem(this.prefix + line.key, JSON.stringify({ start, end, before: base, text, speaker }));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // full or forbidden: leaving the page then warns, as ever
    }
  }

  drop(key) {
    try {
      localStorage.removeItem(this.prefix + key);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }

  // In order of time.
  all() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
      return keys.map((key) => JSON.parse(localStorage.getItem(key))).sort((one, other) => one.start - other.start);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return [];
    }
  }
}
