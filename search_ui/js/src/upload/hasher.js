// Sends one file at a time to the hashing worker, because two at a time would only slow the disk.

import { Refused } from "./requests.js";
import { words } from "../shared/words.js";

let before = Promise.resolve();

function run(address, file, { signal, progress }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const worker = new Worker(address, { type: "module" });
    const end = (settle, value) => {
      worker.terminate();
      signal.removeEventListener("abort", stopped);
      settle(value);
    };
    const stopped = () => end(reject, new DOMException("stopped", "AbortError"));
    signal.addEventListener("abort", stopped);
    worker.addEventListener("error", () => end(reject, new Refused(words.unreadable, 0)));
    worker.addEventListener("message", ({ data }) => {
      if (data.sha256) end(resolve, data.sha256);
      else if (data.unreadable) end(reject, new Refused(words.unreadable, 0));
      else progress(data.done);
    });
    worker.postMessage(file);
  });
}

// The SHA-256 of `file` in hex. Throws Refused if it cannot be read, AbortError if `signal` aborts.
export function sha256Of(address, file, options) {
  const mine = before.then(() => run(address, file, options));
  before = mine.catch(() => undefined); // the next file is hashed however this one ended
  return mine;
}
