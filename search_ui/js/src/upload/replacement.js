// What a file is to replace: a recording, for a reason that the person writes above the files.

export function replacementIn(form, recordingId) {
  const reason = form.elements.reason;
  const error = form.querySelector("#replace-error");
  const show = (wrong) => {
    error.hidden = !wrong;
    if (wrong) reason.setAttribute("aria-invalid", "true");
    else reason.removeAttribute("aria-invalid");
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  reason.addEventListener("input", () => show(false));
  return {
    // Shows an error and focuses the field if there is no reason yet.
    check() {
      const wrong = !reason.value.trim();
      show(wrong);
      if (wrong) reason.focus();
      return !wrong;
    },
    read: () => ({
      recording_id: recordingId,
      reason: reason.value.trim(),
      keep_corrections: form.elements.keep?.checked ?? false,
    }),
  };
}
