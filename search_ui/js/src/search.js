// Instant results: the server renders the same results it gives without JavaScript; this swaps them in.

import "./shared/menus.js";
import { words } from "./shared/words.js";

const TYPING_PAUSE = 120; // milliseconds without a key before asking
const MISREAD_PAUSE = 700; // milliseconds without typing before an incomplete query may show an error
const SETTLED_PAUSE = 1000; // milliseconds after which the Back button returns to a search

const form = document.getElementById("search");
const field = document.getElementById("q");
const results = document.getElementById("results");
const announce = document.getElementById("announce");
const trouble = document.getElementById("trouble");
const feed = document.getElementById("feed");
const wide = matchMedia("(min-width: 60rem)");

let asking = new AbortController();
let typingTimer = 0;
let settledTimer = 0;
let troubleTimer = 0;
let settled = true;

function wantedUrl(typing) {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form)) {
    const text = String(value);
    if (text.trim()) url.searchParams.append(name, text.trimStart()); // a space at the end completes the word
  }
  if (typing && url.searchParams.has("q")) url.searchParams.set("typing", "1");
  return url;
}

// Show the search at `url`. `history`: "type" (one entry per settled search), "push" or "none".
async function show(url, history) {
  clearTimeout(typingTimer);
  clearTimeout(troubleTimer);
  asking.abort();
  const mine = new AbortController();
  asking = mine;
  const slow = setTimeout(() => results.setAttribute("aria-busy", "true"), 200);
  const address = new URL(url);
  address.searchParams.set("part", "results");
  try {
    const answer = await fetch(address, { signal: mine.signal });
    const text = await answer.text();
    if (mine.signal.aborted) return false;
    if (!answer.ok) {
      const misread = answer.status === 400;
      troubleTimer = setTimeout(() => complain(text, misread), misread && history === "type" ? MISREAD_PAUSE : 0);
      return false;
    }
    swap(text);
    remember(results.firstElementChild.dataset.url, history); // the server's address, without default values
    complain("");
    return true;
  } catch (error) {
    if (mine.signal.aborted) return false;
    if (!(error instanceof TypeError)) throw error;
    complain(words.noAnswer);
    return false;
  } finally {
    clearTimeout(slow);
    if (mine === asking) results.removeAttribute("aria-busy");
  }
}

function complain(sentence, misread = false) {
  trouble.textContent = sentence;
  trouble.hidden = !sentence;
  if (misread) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

function swap(html) {
  const open = results.querySelector("details.filters")?.open ?? false;
  const focused = results.contains(document.activeElement) ? document.activeElement.id : "";
  const parsed = new DOMParser().parseFromString(html, "text/html");
  results.replaceChildren(...parsed.body.children);
  openFilters(open);
  const again = focused ? document.getElementById(focused) : null;
  again?.closest("details.more-choices")?.setAttribute("open", ""); // the choice has moved there
  again?.focus({ preventScroll: true });
  document.title = results.firstElementChild.dataset.title;
  feed?.setAttribute("href", results.firstElementChild.dataset.feed);
}

function remember(url, how) {
  if (how === "none") return;
  if (how === "push" || settled) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  settled = how === "push";
  clearTimeout(settledTimer);
  settledTimer = setTimeout(() => {
    settled = true;
    announce.textContent = results.firstElementChild.dataset.count;
  }, SETTLED_PAUSE);
}

function openFilters(open) {
  const details = results.querySelector("details.filters");
  if (details) details.open = open || wide.matches;
}

function fieldFrom(url) {
  field.value = url.searchParams.get("q") ?? "";
}

field.addEventListener("input", (event) => {
  if (event.isComposing) return;
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => show(wantedUrl(true), "type"), TYPING_PAUSE);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(wantedUrl(false), "push");
});

addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-search]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (url.pathname !== new URL(form.action).pathname) return; // the link leads from a circle back to the whole archive
  event.preventDefault();
  if (!(await show(url, "push"))) return;
  fieldFrom(url);
  if (document.activeElement?.id === link.id && link.id) return; // the focus is on the same filter, ready to be removed
  const heading = document.getElementById("found-heading");
  heading.focus({ preventScroll: true });
  if (heading.getBoundingClientRect().top < 0) heading.scrollIntoView();
});

addEventListener("popstate", () => {
  const url = new URL(location.href);
  fieldFrom(url);
  settled = true;
  show(url, "none");
});

wide.addEventListener("change", () => openFilters(false));
openFilters(false);
// With a real keyboard the search field gets the focus; on a phone that would open the on-screen keyboard.
if (!location.search && matchMedia("(hover: hover) and (pointer: fine)").matches) field.focus({ preventScroll: true });
document.documentElement.classList.add("scripted");
