// What tests look at in a page, defined there by tests/support/web/page_inspection.py as `looking`.

globalThis.looking = (() => {
  const CONTROLS = "a[href], button, input, select, textarea, summary, video[controls], audio[controls], [tabindex='0']";
  const SEEN = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderColor", "backgroundColor", "stroke",
    "strokeWidth", "opacity", "clipPath"]; // prettier-ignore
  const MOST_SECONDS = 20;
  const focused = new Map();

  const scope = () => [...document.querySelectorAll("dialog:modal")].at(-1) ?? document;
  const isSeen = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: false });

  function said(one) {
    const name = one.id ? `#${one.id}` : [...one.classList].map((kind) => `.${kind}`).join("");
    const text = (one.ariaLabel ?? one.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `${one.localName}${name} “${text}”`;
  }

  // The control itself, what stands around it and what is in it: each may show that the keyboard is there.
  const around = (one) => [one, one.parentElement, ...one.querySelectorAll("rect")].slice(0, 3);
  const look = (one) => around(one).map((part) => {
    const style = getComputedStyle(part);
    const line = style.outlineStyle === "none" ? { outlineWidth: "", outlineColor: "" } : {};
    return SEEN.map((name) => line[name] ?? style[name]).join(" ");
  }).join(" | "); // prettier-ignore

  // Something of it is on top, and in the window.
  function uncovered(one) {
    const boxes = [...one.getClientRects()].filter((box) => box.width && box.height);
    return boxes.some((box) => [0.5, 0.15, 0.85].some((part) => [0.5, 0.1, 0.9].some((down) => {
      const top = document.elementFromPoint(box.left + box.width * part, box.top + box.height * down);
      return top && (one.contains(top) || top.contains(one) || top.closest("label")?.control === one);
    }))); // prettier-ignore
  }

  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const endless = (one) => one.effect.getComputedTiming().endTime === Infinity;
  const passing = () => document.getAnimations().filter((one) => one.playState === "running" && !endless(one));
  const arrived = () => document.readyState === "complete" && document.fonts.status === "loaded" &&
    [...document.querySelectorAll("link[rel~=stylesheet]")].every((one) => one.sheet || one.disabled) &&
    [...document.images].every((one) => one.complete || one.loading === "lazy"); // prettier-ignore

  // Fonts, style sheets and pictures are there, what was changed is painted, and what was moving has come to its end.
  async function settled({ animations = true } = {}) {
    const until = performance.now() + MOST_SECONDS * 1000;
    do {
      if (performance.now() > until) throw new Error(`the page is not ready after ${MOST_SECONDS} s`);
      await document.fonts.ready;
      await frames();
    } while (!arrived() || (animations && passing().length));
  }

  function begin() {
    focused.clear();
    document.activeElement?.blur();
    scope().addEventListener("focusin", ({ target }) => {
      if (!focused.has(target)) focused.set(target, { style: look(target), free: uncovered(target) });
    });
  }

  function wanted() {
    const groups = new Set();
    return [...scope().querySelectorAll(CONTROLS)].filter((one) => {
      if (one.disabled || one.tabIndex < 0 || !isSeen(one) || one.closest("[inert]")) return false;
      if (one.type === "hidden" || (one.type === "file" && !one.clientHeight)) return false;
      if (one.type !== "radio") return true;
      const chosen = `${one.form?.id} ${one.name}`;
      return !groups.has(chosen) && groups.add(chosen);
    });
  }

  // After `begin` and as many steps as there are controls: those that were missed, unmarked or covered.
  function end() {
    document.activeElement?.blur();
    const left = missed().map((one) => `not reached: ${said(one)}`);
    const of = [...focused].filter(([one]) => one.isConnected && one.matches(CONTROLS));
    const unmarked = of.filter(([one, { style }]) => look(one) === style).map(([one]) => `focus is not seen: ${said(one)}`);
    const covered = of.filter(([, { free }]) => !free).map(([one]) => `covered while it has the focus: ${said(one)}`);
    return [...left, ...unmarked, ...covered];
  }

  const missed = () => wanted().filter((one) => !focused.has(one) && !sameGroup(one));
  const sameGroup = (one) => one.type === "radio" && [...focused.keys()].some((other) => other.name === one.name);

  function moving() {
    const running = document.getAnimations().map((one) => `moves: ${said(one.effect.target)}`);
    const slow = [...document.querySelectorAll("*")].filter((one) => {
      const { transitionDuration, animationName, animationDuration, scrollBehavior } = getComputedStyle(one);
      const long = (time) => time.split(",").some((part) => parseFloat(part) > 0.01);
      return long(transitionDuration) || (animationName !== "none" && long(animationDuration)) || scrollBehavior === "smooth";
    });
    return [...running, ...slow.map((one) => `would move: ${said(one)}`)];
  }

  // Wider than the window: what makes it so.
  function sideways() {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > width + 1);
    return [`${document.documentElement.scrollWidth} px in ${width}`, ...wide.slice(0, 5).map(said)];
  }

  const axe = () =>
    violated({
      runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
      rules: { "target-size": { enabled: true } },
    });
  const contrasts = () => violated({ runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } });

  async function violated(options) {
    const { violations } = await globalThis.axe.run(document, { ...options, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
  }

  // Where each control that is wholly in the window is, for a look at its pixels.
  function places() {
    const bars = [...scope().querySelectorAll("progress")].filter(isSeen);
    return [...wanted(), ...bars].filter((one) => uncovered(one) && !one.matches("video, audio")).map((one) => {
      const { left, top, width, height } = (one.closest("label.choose") ?? one).getBoundingClientRect();
      return { name: said(one), left, top, width, height };
    }).filter(({ top, height }) => top >= 0 && top + height <= innerHeight); // prettier-ignore
  }

  // Of a picture of the window: controls in which nothing stands out three to one, which is what edges and icons need.
  async function faint(picture, controls) {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const paper = canvas.getContext("2d", { willReadFrequently: true });
    paper.drawImage(image, 0, 0);
    return controls.filter(({ left, top, width, height }) => {
      const x = Math.max(0, Math.floor(left) - 2), y = Math.max(0, Math.floor(top) - 2);
      const w = Math.min(image.width - x, Math.ceil(width) + 4), h = Math.min(image.height - y, Math.ceil(height) + 4);
      if (w < 4 || h < 4) return false;
      const { data } = paper.getImageData(x, y, w, h);
      let darkest = 1, lightest = 0;
      for (let at = 0; at < data.length; at += 4) {
        const [r, g, b] = [0, 1, 2].map((part) => linear(data[at + part] / 255));
        const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        darkest = Math.min(darkest, light);
        lightest = Math.max(lightest, light);
      }
      return (lightest + 0.05) / (darkest + 0.05) < 3;
    }).map(({ name }) => `hardly seen: ${name}`); // prettier-ignore
  }

  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);

  return { settled, begin, end, missed, moving, sideways, axe, contrasts, places, faint };
})();
