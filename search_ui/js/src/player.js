// The recording page: marks the current line and keeps it in view; a click on a line plays from there.

import { copy } from "./shared/clipboard.js";
import "./shared/menus.js";
import { fill, words } from "./shared/words.js";
import { markChapter } from "./watch/chapters.js";
import { offerCode, offerSharing } from "./watch/share.js";
import { seekByPointer, showHeard } from "./watch/waveform.js";

const player = document.getElementById("player");
const pane = document.getElementById("lines");
const followButton = document.getElementById("follow");
const copyButton = document.getElementById("copy");
const copied = document.getElementById("copied");
const byHand = document.getElementById("by-hand");

const lines = [...pane.querySelectorAll(".line")].map((element) => ({
  element,
  start: Number(element.dataset.start),
  end: Number(element.dataset.end),
}));
const moments = [...document.querySelectorAll(".timeline a")].map((link) => Number(link.dataset.at));
const steps = document.getElementById("steps");
const here = document.getElementById("here");
const gentle = matchMedia("(prefers-reduced-motion: reduce)");
const SLACK = 0.12; // seconds: links carry tenths, and a browser may land a frame before the time it was sent to

let current = null;
let following = true;

function clock(seconds) {
  const whole = Math.floor(seconds);
  return [whole / 3600, (whole / 60) % 60, whole % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}

const ASIDES = 20; // lines to look back for an earlier one that is still being said

// The last line that has begun and not ended; during a pause, the line before it.
function lineAt(time) {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle].start <= time + SLACK) low = middle + 1;
    else high = middle;
  }
  const begun = lines.slice(Math.max(0, low - ASIDES), low);
  return begun.findLast((line) => line.end > time + SLACK) ?? begun.at(-1) ?? null;
}

function markCurrent() {
  showPlace();
  showHeard(player);
  markChapter(player.currentTime);
  const line = lineAt(player.currentTime);
  if (line === current) return;
  current?.element.removeAttribute("aria-current");
  line?.element.setAttribute("aria-current", "true");
  current = line;
  if (line && following) keepInView(line.element);
}

// Marks the current time on the timeline of passages found, if the page has one.
function showPlace() {
  if (!here || !(player.duration > 0)) return;
  const place = `${(100 * player.currentTime) / player.duration}%`;
  here.setAttribute("cx", place);
  document.getElementById("played").setAttribute("width", place);
}

// On wide screens the transcript scrolls; on narrow ones the page does, under the player.
function keepInView(element) {
  const behavior = gentle.matches ? "auto" : "smooth";
  const box = element.getBoundingClientRect();
  if (pane.scrollHeight > pane.clientHeight + 1 && getComputedStyle(pane).overflowY !== "visible") {
    const frame = pane.getBoundingClientRect();
    if (box.top > frame.top + 40 && box.bottom < frame.top + frame.height * 0.75) return;
    pane.scrollTo({ top: pane.scrollTop + box.top - frame.top - frame.height * 0.35, behavior });
    return;
  }
  const covered = Math.max(0, player.closest(".screen").getBoundingClientRect().bottom);
  if (box.top > covered && box.bottom < innerHeight - 24) return;
  scrollTo({ top: scrollY + box.top - covered - (innerHeight - covered) * 0.3, behavior });
}

function setFollowing(on) {
  following = on;
  followButton.setAttribute("aria-pressed", String(on));
  if (on && current) keepInView(current.element);
}

function seek(time, play) {
  player.currentTime = time;
  setFollowing(true);
  markCurrent();
  if (play) player.play().catch(() => announceOnce(words.cannotPlay));
}

function momentUrl(time) {
  const url = new URL(location.pathname, location.href);
  url.searchParams.set("t", String(Math.floor(time * 10) / 10));
  return url.href;
}

function announceOnce(text) {
  copied.textContent = text;
}

async function copyMoment() {
  const time = player.currentTime;
  const url = momentUrl(time);
  const done = await copy(url);
  byHand.hidden = done;
  if (done) {
    announceOnce(fill(words.copied, { time: clock(time) }));
    copyButton.classList.add("done");
    setTimeout(() => copyButton.classList.remove("done"), 2000);
    return;
  }
  announceOnce("");
  const field = byHand.querySelector("input");
  field.value = url;
  field.focus();
  field.select();
}

// The passage found before or after this moment, round the ends; it plays where the recording is playing.
function step(direction) {
  const time = player.currentTime;
  const behind = time - (player.paused ? SLACK : 2); // while it plays, a second press goes one further back
  const ahead = direction > 0 ? moments.find((at) => at > time + SLACK) : moments.findLast((at) => at < behind);
  seek(ahead ?? moments.at(direction > 0 ? 0 : -1), !player.paused);
}

addEventListener("click", (event) => {
  if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const moment = event.target.closest("a[data-at]");
  const line = event.target.closest(".line");
  if (!moment && !line) return;
  if (!event.target.closest("a") && String(getSelection())) return; // text is being selected
  event.preventDefault();
  seek(Number(moment ? moment.dataset.at : line.dataset.start), true);
});

// Scrolling by hand means: let me read. Scrolling done here sends none of these events.
for (const kind of ["wheel", "touchmove"]) addEventListener(kind, () => setFollowing(false), { passive: true });
addEventListener("keydown", (event) => {
  const scrolls = ["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"].includes(event.key);
  if (scrolls && !event.target.closest("video, audio, input")) setFollowing(false);
});

followButton.addEventListener("click", () => setFollowing(!following));
steps?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) step(Number(button.value));
});
copyButton.addEventListener("click", copyMoment);
const moment = () => ({ time: player.currentTime, clock: clock(player.currentTime), url: momentUrl(player.currentTime) });
offerSharing(moment);
offerCode(moment, announceOnce);
seekByPointer(player);
for (const kind of ["timeupdate", "seeking", "seeked"]) player.addEventListener(kind, markCurrent);

const start = Number(player.dataset.start);
function openAtStart() {
  if (start > 0 && Math.abs(player.currentTime - start) > 0.2) player.currentTime = start;
  markCurrent();
}
if (player.readyState >= HTMLMediaElement.HAVE_METADATA) openAtStart();
else player.addEventListener("loadedmetadata", openAtStart, { once: true });

copyButton.hidden = false;
if (steps) steps.hidden = false;
followButton.hidden = lines.length === 0;
if (start > 0) {
  const line = lineAt(start);
  if (line) {
    current = line;
    for (const other of pane.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    line.element.setAttribute("aria-current", "true");
    keepInView(line.element);
  }
}
document.documentElement.classList.add("scripted");
