// A worker: the SHA-256 of files, read slice by slice, so that a file of any size takes the same memory.

import { sha256 } from "@noble/hashes/sha2.js";

const SLICE = 4 * 1024 * 1024;

const read = (file, from) => file.slice(from, from + SLICE).arrayBuffer();

async function hash(file) {
  const sum = sha256.create();
  let next = read(file, 0);
  for (let from = 0; from < file.size; from += SLICE) {
    const slice = await next;
    if (from + SLICE < file.size) next = read(file, from + SLICE); // the disk works while this slice is counted in
    sum.update(new Uint8Array(slice));
    postMessage({ done: Math.min(file.size, from + SLICE) });
  }
  return [...sum.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

addEventListener("message", async ({ data: file }) => {
  try {
    postMessage({ sha256: await hash(file) });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    postMessage({ unreadable: true }); // moved, changed or taken out while it was read
  }
});
