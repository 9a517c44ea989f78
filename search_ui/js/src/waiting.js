// A recording that is not published yet: ask how far it is, and open it when it is there.

const PAUSE = 2000; // milliseconds
const state = document.getElementById("state");

async function look() {
  try {
    const answer = await fetch("?part=state");
    if (answer.redirected) {
      location.reload();
      return;
    }
    if (answer.ok) {
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = parsed.body.firstElementChild;
      if (fresh.outerHTML !== state.firstElementChild.outerHTML) state.replaceChildren(fresh);
      if (fresh.classList.contains("failed")) return;
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no connection now: look again
  }
  setTimeout(look, document.hidden ? 5 * PAUSE : PAUSE);
}

setTimeout(look, PAUSE);
