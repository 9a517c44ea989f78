// Whether `text` was put into the clipboard; where the browser refuses, the page offers another way.
export async function copy(text) {
  if (!navigator.clipboard) return false; // a page that did not come over HTTPS has none
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return false;
  }
}
