// The name this person has typed and the server has not kept yet. Until it has, every change carries it: the answer to
// "keep my name" may be late or fail, and the change may come from another tab or page.

const KEY = "kring.name";
let here = null; // for a browser without storage

// "" if the person removed the name, null if no name is waiting to be stored.
export function typedName() {
  try {
    return localStorage.getItem(KEY) ?? here;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return here;
  }
}

export function nameTyped(name) {
  here = name;
  try {
    localStorage.setItem(KEY, name);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // storage is full or forbidden; this tab still has the name
  }
}

// The server has stored or refused this name; one typed meanwhile keeps waiting.
export function nameSettled(name) {
  if (here === name) here = null;
  try {
    if (localStorage.getItem(KEY) === name) localStorage.removeItem(KEY);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

export function listenForNames(told) {
  addEventListener("storage", ({ key, newValue }) => key === KEY && newValue !== null && told(newValue));
}

// The headers of a request that changes something; search_ui/http/identity.py reads it.
export function signed(method, headers) {
  const name = typedName();
  if (method !== "GET" && name !== null) headers["Kring-Name"] = encodeURIComponent(name);
  return headers;
}
