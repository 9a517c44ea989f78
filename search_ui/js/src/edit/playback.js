// The player: its buttons, and the line being played, which is marked and kept in view.

import { clock, say, tell } from "./words.js";

const player = document.getElementById("player");
const place = document.getElementById("place");
const now = document.getElementById("now");
const playButton = document.getElementById("play");
const gentle = matchMedia("(prefers-reduced-motion: reduce)");
const SLACK = 0.12; // seconds: a browser may land a frame before the time it was sent to
const BACK = 3; // seconds

export class Playing {
  constructor(lines) {
    this.lines = lines;
    this.current = null;
    this.following = true;
    player.controls = false; // the buttons below replace them
    player.addEventListener("click", () => this.toggle());
    document.getElementById("desk").hidden = false;
    playButton.addEventListener("click", () => this.toggle());
    document.getElementById("back").addEventListener("click", () => this.back());
    document.getElementById("follow").addEventListener("click", () => this.toCurrent());
    document.getElementById("speed").addEventListener("change", (event) => {
      player.playbackRate = Number(event.target.value);
    });
    place.addEventListener("input", () => this.seek(Number(place.value)));
    for (const kind of ["play", "pause", "ended"]) player.addEventListener(kind, () => this.showState());
    for (const kind of ["timeupdate", "seeking", "seeked"]) player.addEventListener(kind, () => this.mark());
    // Scrolling by hand means: let me read. Scrolling done here sends none of these events.
    for (const kind of ["wheel", "touchmove"]) addEventListener(kind, () => (this.following = false), { passive: true });
    const open = () => this.open(Number(player.dataset.start));
    if (player.readyState >= HTMLMediaElement.HAVE_METADATA) open();
    else player.addEventListener("loadedmetadata", open, { once: true });
  }

  get time() {
    return player.currentTime;
  }

  get playing() {
    return !player.paused;
  }

  open(start) {
    if (Number.isFinite(player.duration)) place.max = Math.ceil(player.duration);
    if (start > 0) player.currentTime = start;
    this.mark();
  }

  seek(time) {
    player.currentTime = time;
    this.following = true;
    this.mark();
  }

  playFrom(time) {
    this.seek(time);
    this.play();
  }

  play() {
    player.play().catch((error) => {
      if (error.name !== "AbortError") tell(say("unplayable")); // aborted: paused again before it began
    });
  }

  toggle() {
    if (player.paused) {
      this.following = true;
      this.play();
    } else player.pause();
  }

  back() {
    this.seek(Math.max(0, player.currentTime - BACK));
  }

  showState() {
    playButton.classList.toggle("playing", !player.paused);
    playButton.setAttribute("aria-label", say(player.paused ? "play" : "pause"));
  }

  mark() {
    const time = player.currentTime;
    place.value = Math.round(time);
    place.setAttribute("aria-valuetext", clock(time));
    now.textContent = clock(time);
    const line = this.lines.at(time + SLACK);
    if (line !== this.current) {
      this.current?.element.removeAttribute("aria-current");
      line?.element.setAttribute("aria-current", "true");
      this.current = line;
      if (line && this.following && !this.busyElsewhere()) this.keepInView(line.element);
    }
  }

  // Whether another line is being edited, from which the page must not scroll away.
  busyElsewhere() {
    const line = this.lines.of(document.activeElement);
    return line !== null && line !== this.current;
  }

  toCurrent() {
    this.following = true;
    if (!this.current) return;
    this.current.field.focus({ preventScroll: true });
    this.keepInView(this.current.element);
  }

  keepInView(element) {
    const bench = document.querySelector(".bench").getBoundingClientRect();
    const box = element.getBoundingClientRect();
    const above = bench.width > innerWidth * 0.7 ? Math.max(0, bench.bottom) : 0; // on phones the player covers the top
    if (box.top > above + 8 && box.bottom < innerHeight * 0.8) return;
    const behavior = gentle.matches ? "auto" : "smooth";
    scrollTo({ top: scrollY + box.top - above - (innerHeight - above) * 0.3, behavior });
  }
}
