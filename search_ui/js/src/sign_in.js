// A link that lets in leads here. Its code stands after the #, which browsers send to nobody: it goes from the address,
// which the history keeps, into the form. The operator's link goes on its way at once. An invitation waits for a click,
// so that programs that open the links of an e-mail do not use it up.

const field = document.getElementById("code");

function take() {
  const code = location.hash.slice(1);
  if (!code) return;
  history.replaceState(null, "", location.pathname + location.search);
  if (!field) return; // this browser is signed in already
  field.value = code;
  if (code.startsWith("once-")) field.form.querySelector("button").focus();
  else field.form.submit();
}

addEventListener("hashchange", take); // the link was opened on this page
take();
