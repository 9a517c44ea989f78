// One file after the other through the hashing worker: two at a time would only make the disk jump.

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

// The SHA-256 of `file` in hex. Throws Refused where it cannot be read, AbortError where `signal` says stop.
export function sha256Of(address, file, options) {
  const mine = before.then(() => run(address, file, options));
  before = mine.catch(() => undefined); // whose turn is next does not care how this one ended; its caller does
  return mine;
}
