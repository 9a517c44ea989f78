// Marks the current chapter in the list.

const links = [...document.querySelectorAll(".chapters a")];
const starts = links.map((link) => Number(link.dataset.at));

export function markChapter(time) {
  const here = starts.findLastIndex((start) => start <= time + 0.12); // a browser may land a frame before
  links.forEach((link, number) => {
    if (number !== here) link.removeAttribute("aria-current");
    else if (!link.hasAttribute("aria-current")) link.setAttribute("aria-current", "true");
  });
}
