// Requests that are repeated until the server answers, so that a long upload survives lost networks and restarts.

import { signed } from "../shared/name.js";
import { words } from "../shared/words.js";

const PAUSES = [1, 2, 4, 8, 15, 30]; // seconds; the last one is repeated as long as the page is open
const LATER = new Set([408, 425, 429, 502, 503, 504]);

// The server refused the request; `message` is its sentence.
export class Refused extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

// No answer, or a temporary failure.
export class Away extends Error {}

// Finds out why `bytes` were not sent: a lost network and a changed or removed file give the same error.
async function broken(bytes) {
  try {
    await bytes?.slice(0, 1).arrayBuffer();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return new Refused(words.unreadable, 0);
  }
  return new Away(words.lost);
}

function failure(status, sentence) {
  return LATER.has(status) ? new Away(sentence || words.lost) : new Refused(sentence || words.strange, status);
}

function sentenceIn(text) {
  try {
    return JSON.parse(text).error ?? "";
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // a proxy's page; our own sentence replaces it
    return "";
  }
}

function understood(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // a network that requires a login answers in the server's place
    throw new Refused(words.strange, 0);
  }
}

// `body`: what is sent as JSON; `bytes`: a Blob sent as it is. Returns the server's answer; null if it is empty.
export async function ask(method, path, { body = undefined, bytes = undefined, signal = undefined } = {}) {
  const headers = signed(method, { Accept: "application/json" });
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  let text;
  try {
    answer = await fetch(path, { method, headers, signal, body: body === undefined ? bytes : JSON.stringify(body) });
    text = await answer.text();
  } catch (error) {
    if (error instanceof TypeError) throw await broken(bytes);
    throw error;
  }
  if (!answer.ok) throw failure(answer.status, sentenceIn(text));
  return understood(text);
}

// Sends the bytes of one part to its address. Returns the response headers.
export function put({ url, method = "PUT", headers = {} }, bytes, { signal, progress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not report upload progress
    const stop = () => request.abort();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", progress);
    request.addEventListener("error", () => broken(bytes).then(reject, reject));
    request.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.getResponseHeader("ETag"));
      else reject(failure(request.status, sentenceIn(request.responseText)));
    });
    request.addEventListener("loadend", () => signal?.removeEventListener("abort", stop));
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    request.send(bytes);
  });
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener("online", over);
      signal?.removeEventListener("abort", over);
      if (signal?.aborted) reject(new DOMException("stopped", "AbortError"));
      else resolve(undefined);
    };
    const timer = setTimeout(over, seconds * 1000);
    addEventListener("online", over);
    signal?.addEventListener("abort", over);
  });
}

// Repeats `action` while it throws `Away`. Calls `tell` with a sentence while it waits, and with "" once it continues.
export async function patiently(action, { signal = undefined, tell }) {
  for (let tries = 0; ; tries += 1) {
    try {
      const result = await action();
      tell("");
      return result;
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      tell(error.message);
      await pause(PAUSES[Math.min(tries, PAUSES.length - 1)], signal);
    }
  }
}
