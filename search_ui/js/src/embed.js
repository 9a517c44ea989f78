// A recording embedded in another site. It opens at the given time; audio shows the current line.

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
    track.mode = "hidden"; // loads the captions, which an <audio> cannot show itself
    track.addEventListener("cuechange", () => {
      caption.replaceChildren(...[...track.activeCues].map((cue) => cue.getCueAsHTML()));
    });
  }
}

// The link to the recording page opens it at the current time.
for (const link of whole) {
  link.addEventListener("click", () => {
    const url = new URL(link.href);
    if (player.currentTime > 1) url.searchParams.set("t", String(Math.floor(player.currentTime * 10) / 10));
    link.href = url.href;
    player.pause();
  });
}
