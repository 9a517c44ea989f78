// A recording inside another site's page: it opens at its time, and of a sound the line being said is shown.

const player = document.getElementById("player");
const caption = document.getElementById("caption");
const whole = document.querySelectorAll(".about a");
const start = Number(player.dataset.start);

function openAtStart() {
  if (start > 0 && Math.abs(player.currentTime - start) > 0.2) player.currentTime = start;
}
if (player.readyState >= HTMLMediaElement.HAVE_METADATA) openAtStart();
else player.addEventListener("loadedmetadata", openAtStart, { once: true });

if (caption) {
  const track = [...player.textTracks].find((one) => one.kind === "captions");
  if (track) {
    track.mode = "hidden"; // read, though an <audio> has no place of its own to show it
    track.addEventListener("cuechange", () => {
      caption.replaceChildren(...[...track.activeCues].map((cue) => cue.getCueAsHTML()));
    });
  }
}

// The way to the whole recording leads to the moment at which one leaves.
for (const link of whole) {
  link.addEventListener("click", () => {
    const url = new URL(link.href);
    if (player.currentTime > 1) url.searchParams.set("t", String(Math.floor(player.currentTime * 10) / 10));
    link.href = url.href;
    player.pause();
  });
}
