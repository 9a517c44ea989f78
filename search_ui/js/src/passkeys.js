// Passkeys: signing in with one, and making one. Buttons are shown only where the browser has them.

import { words } from "./shared/words.js";

const texts = words;

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

async function made() {
  const options = await ask("/api/passkeys/options", {});
  options.challenge = bytes(options.challenge);
  options.user.id = bytes(options.user.id);
  for (const known of options.excludeCredentials ?? []) known.id = bytes(known.id);
  const { id, rawId, type, response } = /** @type {any} */ (
    await navigator.credentials.create({ publicKey: options })
  );
  return {
    id,
    rawId: text(rawId),
    type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
    },
  };
}

async function signed() {
  const options = await ask("/api/passkeys/sign-in/options", {});
  options.challenge = bytes(options.challenge);
  for (const known of options.allowCredentials ?? []) known.id = bytes(known.id);
  const { id, rawId, type, response } = /** @type {any} */ (
    await navigator.credentials.get({ publicKey: options })
  );
  return {
    id,
    rawId: text(rawId),
    type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
    },
  };
}

function offer(id, act) {
  const button = document.getElementById(id);
  if (!button || !window.PublicKeyCredential) return;
  const trouble = document.getElementById("passkey-error");
  button.hidden = false;
  button.addEventListener("click", async () => {
    trouble.hidden = true;
    button.disabled = true;
    try {
      const { url } = await act();
      location.assign(url);
    } catch (error) {
      trouble.textContent = error instanceof DOMException ? texts.cancelled : error.message;
      trouble.hidden = false;
      button.disabled = false;
    }
  });
}

offer("make-passkey", async () => ask("/api/passkeys", { credential: await made() }));
offer("use-passkey", async () => {
  const next = document.querySelector("[name=next]")?.value ?? "/";
  return ask("/api/passkeys/sign-in", { credential: await signed(), next });
});
