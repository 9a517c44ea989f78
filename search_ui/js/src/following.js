// A recording that is not published yet: the server tells how far it is, and the page opens it when it is there.

import { words } from "./shared/words.js";
import { Away, Refused, ask } from "./upload/requests.js";

const PAUSE = 5000; // milliseconds between two questions, where the server has no room for one more who listens
const state = document.getElementById("state");
const told = document.getElementById("told");
const trouble = document.getElementById("trouble");

let source = null;
let timer = 0;

// Read out only what is new: not each per cent.
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("body > *");
  const before = state.firstElementChild.dataset.told;
  state.replaceChildren(fresh);
  if (fresh.dataset.told !== before) told.textContent = fresh.dataset.told;
}

async function look() {
  try {
    const answer = await fetch("?part=state");
    if (answer.redirected || answer.status === 404) {
      location.reload();
      return;
    }
    if (answer.ok) show(await answer.text());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no connection now: look again
  }
  timer = setTimeout(look, PAUSE);
}

function listen() {
  source = new EventSource(`${location.pathname}/events`);
  source.addEventListener("state", (event) => show(event.data));
  source.addEventListener("done", () => {
    stop();
    location.reload();
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) timer = setTimeout(look, PAUSE); // else it tries again by itself
  });
}

function stop() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

// A page that nobody looks at needs no connection; a browser has only six for one site.
document.addEventListener("visibilitychange", () => {
  stop();
  if (!document.hidden) listen();
});

state.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-retry]");
  if (!button) return;
  button.disabled = true;
  trouble.hidden = true;
  try {
    await ask("POST", `/api/recordings/${button.dataset.retry}/retry`);
    button.textContent = told.textContent = words.asked;
  } catch (error) {
    if (!(error instanceof Away || error instanceof Refused)) throw error;
    trouble.textContent = error.message;
    trouble.hidden = false;
    button.disabled = false;
  }
});

document.documentElement.classList.add("scripted");
if (!document.hidden) listen();
