// Uppy sends the parts: three at a time, those that are missing, until all are there.

import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import StatusBar from "@uppy/status-bar";
import { ask, patiently, put } from "./requests.js";

const AT_ONCE = 3;
export const SILENT = { debug() {}, warn() {}, error() {} }; // what goes wrong is said at the file it belongs to

// `target`: where the bar for all files stands. Cards are told: progress(bytes), waits(sentence), done(answer),
// failed(error), paused(is it).
export function makeSender(locale, target) {
  const partSizes = new WeakMap(); // Uppy asks by the file's data alone
  const cards = new Map();
  const uppy = new Uppy({ id: "sender", locale, logger: SILENT });
  const toldBy = (file) => (sentence) => cards.get(file.id)?.waits(sentence);

  uppy.use(AwsS3, {
    limit: AT_ONCE,
    shouldUseMultipart: true,
    retryDelays: [], // `patiently` tries again, for as long as it takes
    getChunkSize: (data) => partSizes.get(data),
    createMultipartUpload: async (file) => ({ key: String(file.meta.upload), uploadId: String(file.meta.upload) }), // made before
    listParts: (file, { uploadId, signal }) =>
      patiently(() => ask("GET", `/api/uploads/${uploadId}/parts`, { signal }), { signal, tell: toldBy(file) }),
    signPart: async (file, { uploadId, partNumber }) => ({
      url: `/api/uploads/${uploadId}/parts/${partNumber}`,
      tell: toldBy(file),
    }),
    uploadPartBytes: async (/** @type {any} */ { signature, body, onProgress, onComplete, signal }) => {
      // Each try asks anew where to: an address given long ago is no longer good.
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
    abortMultipartUpload: async () => {}, // what arrived stays, so that it can go on; removing is the card's affair
  });
  uppy.use(StatusBar, {
    target,
    showProgressDetails: true,
    hideUploadButton: true,
    hideRetryButton: true,
    hideCancelButton: true, // each card has its own, which asks first
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
    // Send the file of an upload that the server knows; those parts of it that it has not got.
    send(card, file, { id, partSize }) {
      partSizes.set(file, partSize);
      const name = uppy.addFile({ name: file.name, type: file.type, data: file, meta: { upload: id } });
      uppy.setFileState(name, /** @type {any} */ ({ s3Multipart: { key: id, uploadId: id } }));
      cards.set(name, card);
      // How it ends is heard through the events above, file by file.
      uppy.upload().catch(() => undefined);
      return name;
    },
    // Stop sending this one and forget it; what arrived stays where it is.
    forget(name) {
      cards.delete(name);
      uppy.setState({ error: null }); // one file's trouble is not that of the others
      if (uppy.getFile(name)) uppy.removeFile(name);
    },
  };
}
