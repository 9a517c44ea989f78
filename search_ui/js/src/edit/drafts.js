// Unsaved lines, kept in this browser. Each has its own key, so that two windows do not overwrite each other.

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
      if (!(error instanceof DOMException)) throw error; // full or forbidden; the page still warns before it is left
    }
  }

  drop(key) {
    try {
      localStorage.removeItem(this.prefix + key);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }

  // In the order of their times.
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
