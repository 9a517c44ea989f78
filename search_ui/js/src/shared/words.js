// The texts of scripts, in the page's language; it holds them as data: <script type="application/json" id="words">.

export const words = JSON.parse(document.getElementById("words").textContent);

// `fill("Line at {time}", { time: "00:14" })`
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
