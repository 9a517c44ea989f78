// Uppy uploads the missing parts, three at a time, until all have arrived.

import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import StatusBar from "@uppy/status-bar";
import { ask, patiently, put } from "./requests.js";

const AT_ONCE = 3;
export const SILENT = { debug() {}, warn() {}, error() {} }; // errors are shown at the file they concern

// `target`: element for the progress bar of all files. Called on cards: progress(bytes), waits(sentence), done(answer),
// failed(error), paused(boolean).
export function makeSender(locale, target) {
  const partSizes = new WeakMap(); // Uppy asks with nothing but the file's data
  const cards = new Map();
  const uppy = new Uppy({ id: "sender", locale, logger: SILENT });
  const toldBy = (file) => (sentence) => cards.get(file.id)?.waits(sentence);

  uppy.use(AwsS3, {
    limit: AT_ONCE,
    shouldUseMultipart: true,
    retryDelays: [], // `patiently` repeats the request instead
    getChunkSize: (data) => partSizes.get(data),
    createMultipartUpload: async (file) => ({ key: String(file.meta.upload), uploadId: String(file.meta.upload) }), // made before
    listParts: (file, { uploadId, signal }) =>
      patiently(() => ask("GET", `/api/uploads/${uploadId}/parts`, { signal }), { signal, tell: toldBy(file) }),
    signPart: async (file, { uploadId, partNumber }) => ({
      url: `/api/uploads/${uploadId}/parts/${partNumber}`,
      tell: toldBy(file),
    }),
    uploadPartBytes: async (/** @type {any} */ { signature, body, onProgress, onComplete, signal }) => {
      // Each attempt requests a new address, because addresses expire.
      const send = async () =>
        put(await ask("POST", signature.url, { signal }), body, { signal, progress: onProgress });
      const etag = await patiently(send, { signal, tell: signature.tell });
      onProgress({ loaded: body.size, lengthComputable: true });
      onComplete(etag);
      return { ETag: etag };
    },
    completeMultipartUpload: (file, { uploadId, parts, signal }) => {
      const body = { parts: parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })) };
      const tell = toldBy(file);
      return patiently(() => ask("POST", `/api/uploads/${uploadId}/complete`, { body, signal }), { signal, tell });
    },
    abortMultipartUpload: async () => {}, // what has arrived stays, so that the upload can resume; the card removes it
  });
  uppy.use(StatusBar, {
    target,
    showProgressDetails: true,
    hideUploadButton: true,
    hideRetryButton: true,
    hideCancelButton: true, // each card has its own button, which asks first
    hideAfterFinish: true,
  });

  const told = (name, tell) => uppy.on(name, (file, ...rest) => file && tell(cards.get(file.id), ...rest));
  told("upload-progress", (card, progress) => card?.progress(progress.bytesUploaded));
  told("upload-success", (card, answer) => card?.done(answer.body));
  told("upload-error", (card, error) => card?.failed(error));
  told("upload-pause", (card, paused) => card?.paused(paused));
  const tellAll = (paused) => {
    for (const card of cards.values()) card.paused(paused);
  };
  uppy.on("pause-all", () => tellAll(true));
  uppy.on("resume-all", () => tellAll(false));

  return {
    // Sends the parts that are missing of an upload that the server knows.
    send(card, file, { id, partSize }) {
      partSizes.set(file, partSize);
      const name = uppy.addFile({ name: file.name, type: file.type, data: file, meta: { upload: id } });
      uppy.setFileState(name, /** @type {any} */ ({ s3Multipart: { key: id, uploadId: id } }));
      cards.set(name, card);
      // The events above report the result of each file.
      uppy.upload().catch(() => undefined);
      return name;
    },
    // Stops sending this file and forgets it. What has arrived stays.
    forget(name) {
      cards.delete(name);
      uppy.setState({ error: null }); // one file's error does not concern the others
      if (uppy.getFile(name)) uppy.removeFile(name);
    },
  };
}
