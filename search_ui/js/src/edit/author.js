// The name that a person chooses, which the server stores for this browser.

import { listenForNames, nameSettled, nameTyped, typedName } from "../shared/name.js";
import { Refused, Unreachable, ask } from "./api.js";
import { say, tell, tidy } from "./words.js";

export function setUp(board) {
  const form = document.getElementById("me");
  const field = form.elements.name;
  let kept = field.value;
  let keeping = false;

  function typed() {
    const name = tidy(field.value);
    if (name === (typedName() ?? kept)) return;
    nameTyped(name);
    keep();
  }

  // One request at a time, so that the name typed last is the one that is kept.
  async function keep() {
    if (keeping || typedName() === null) return;
    keeping = true;
    try {
      for (let name = typedName(); name !== null; name = typedName()) await keepOne(name);
      tell(say("nameKept"));
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      board.say("failed", error.message);
    } finally {
      keeping = false;
    }
  }

  async function keepOne(name) {
    try {
      await ask("POST", "/api/me", { name: name || null });
      kept = name;
      nameSettled(name);
    } catch (error) {
      if (error instanceof Refused) nameSettled(name); // a change must not carry it either
      throw error;
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    typed();
  });
  field.addEventListener("change", typed);
  listenForNames((name) => {
    field.value = name;
  });
  addEventListener("online", keep);
  field.value = typedName() ?? field.value;
  keep();
}
