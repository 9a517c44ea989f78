// A worker that computes the SHA-256 of files, slice by slice, so that memory does not grow with their size.

import { sha256 } from "@noble/hashes/sha2.js";

const SLICE = 4 * 1024 * 1024;

const read = (file, from) => file.slice(from, from + SLICE).arrayBuffer();

async function hash(file) {
  const sum = sha256.create();
  let next = read(file, 0);
  for (let from = 0; from < file.size; from += SLICE) {
    const slice = await next;
    if (from + SLICE < file.size) next = read(file, from + SLICE); // reads the next slice while this one is hashed
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
    postMessage({ unreadable: true }); // the file was moved, changed or removed while it was read
  }
});
