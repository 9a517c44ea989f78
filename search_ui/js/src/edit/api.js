// What the page asks of the server. Changes go one after the other, so that they are numbered as they were made.

import { signed } from "../shared/name.js";
import { say } from "./words.js";

const SECONDS = 20;

// The server said no, with a sentence; `now` is what stands there where somebody else was first.
export class Refused extends Error {
  constructor(status, body) {
    super(body?.error ?? say("strange"));
    this.status = status;
    this.now = body?.now ?? null;
  }
}

// No answer, or none for the moment: the same may be sent again.
export class Unreachable extends Error {}

export async function ask(method, path, body, type = "application/json") {
  const options = { method, headers: {}, signal: AbortSignal.timeout(body instanceof Blob ? 600_000 : SECONDS * 1000) };
  if (body instanceof Blob) options.body = body;
  else if (body !== undefined) options.body = JSON.stringify(body);
  if (body !== undefined) options.headers["Content-Type"] = type;
  signed(method, options.headers);
  const answer = await fetch(path, options).catch(unreachable);
  const text = await answer.text().catch(unreachable);
  const found = parse(text);
  if (answer.status >= 500) throw new Unreachable(found?.error ?? say("unreachable"));
  if (!answer.ok) throw new Refused(answer.status, found);
  return found;
}

/** @returns {never} */
function unreachable(error) {
  if (error instanceof TypeError || error.name === "TimeoutError") throw new Unreachable(say("unreachable"));
  throw error;
}

function parse(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null; // an error page of something in between
    throw error;
  }
}

let turn = Promise.resolve();

export function inTurn(work) {
  const mine = turn.then(work);
  turn = mine.then(
    () => undefined,
    () => undefined, // whoever asked hears of it; the next one's turn comes all the same
  );
  return mine;
}
