// A recording that is not published yet. The server sends its progress, and the page opens it once it is published.

import { words } from "./shared/words.js";
import { Away, Refused, ask } from "./upload/requests.js";

const PAUSE = 5000; // milliseconds between two requests if the server accepts no further event stream
const state = document.getElementById("state");
const told = document.getElementById("told");
const trouble = document.getElementById("trouble");

let source = null;
let timer = 0;

// Screen readers announce a new step, but not each per cent.
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
    if (!(error instanceof TypeError)) throw error; // no connection now; try again
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
    if (source.readyState === EventSource.CLOSED) timer = setTimeout(look, PAUSE); // otherwise the browser reconnects
  });
}

function stop() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

// A hidden page closes its connection, because a browser has only six per site.
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
