// Requests to the server. Changes are sent one at a time, so that their numbers follow the order they were made in.

import { signed } from "../shared/name.js";
import { say } from "./words.js";

const SECONDS = 20;

// The server refused, with a sentence. `now`: the current value, if somebody else changed it first.
export class Refused extends Error {
  constructor(status, body) {
    super(body?.error ?? say("strange"));
    this.status = status;
    this.now = body?.now ?? null;
  }
}

// No answer, or a temporary failure: the same request can be sent again.
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
    if (error instanceof SyntaxError) return null; // an error page from a proxy
    throw error;
  }
}

let turn = Promise.resolve();

export function inTurn(work) {
  const mine = turn.then(work);
  turn = mine.then(
    () => undefined,
    () => undefined, // the caller handles the error; the next request is sent anyway
  );
  return mine;
}
