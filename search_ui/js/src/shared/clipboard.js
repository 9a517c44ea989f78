// Copies `text`. Returns false if the browser refuses; then the page offers another way.
export async function copy(text) {
  if (!navigator.clipboard) return false; // a page without HTTPS has no clipboard
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return false;
  }
}
