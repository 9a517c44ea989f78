// The facilitators' link leads here. Its code stands after the #, which browsers send to nobody: it goes from the
// address, which the history keeps, into the form, and the form goes on its way.

const field = document.getElementById("code");

function take() {
  const code = location.hash.slice(1);
  if (!code) return;
  history.replaceState(null, "", location.pathname);
  if (!field) return; // this browser is signed in already
  field.value = code;
  field.form.submit();
}

addEventListener("hashchange", take); // the link was opened on this page
take();
