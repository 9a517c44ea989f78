// What scripts say, in the language of the page, which holds it as data: <script type="application/json" id="words">.

export const words = JSON.parse(document.getElementById("words").textContent);

// `fill("Line at {time}", { time: "00:14" })`
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
