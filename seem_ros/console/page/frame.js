// A picture's message: how it is read. Its counterpart is wire.py and pictures.py.

/**
 * @typedef {object} Thing
 * @property {number} id
 * @property {string} label the operator's name
 * @property {string} class_name the model's name
 * @property {number} score 0..1
 * @property {string} state tracked, uncertain or lost
 * @property {?number[]} box x0, y0, x1, y1 in pixels of the camera's image
 * @property {number} reading which reading of its last click it is, from 1; 0 while no others are known
 * @property {number} readings how many there are
 *
 * @typedef {object} Frame
 * @property {number} number to be acknowledged when it is drawn
 * @property {string} stamp nanoseconds
 * @property {number} width of the camera's image, pixels
 * @property {number} height of the camera's image, pixels
 * @property {number} rows of the labels
 * @property {number} columns of the labels
 * @property {number[]} ids the instance id of each value in the labels, from 1 on
 * @property {Thing[]} things
 * @property {number} target id of the selected thing, 0 for none
 * @property {number} behind_ms how much older than the picture the masks are
 * @property {number} age_ms when it was sent
 * @property {number} shown_age_ms of the picture before it, when that was drawn
 * @property {ImageBitmap} bitmap
 * @property {?Uint8Array} labels a value each pixel, 0 for background; null where nothing is known
 */

const utf8 = new TextDecoder();

/** @param {ArrayBuffer} buffer @returns {Promise<Frame>} */
export async function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(utf8.decode(new Uint8Array(buffer, 4, length)));
  const jpeg = new Blob([new Uint8Array(buffer, 4 + length, header.jpeg)], { type: "image/jpeg" });
  const coded = new Uint8Array(buffer, 4 + length + header.jpeg, header.labels);
  const [bitmap, labels] = await Promise.all([
    createImageBitmap(jpeg, { imageOrientation: "none" }),
    coded.length ? unpack(coded, header.rows * header.columns) : null,
  ]);
  return { ...header, bitmap, labels };
}

/** Expand run lengths. @param {Uint8Array} coded @param {number} size @returns {Promise<Uint8Array>} */
async function unpack(coded, size) {
  const stream = new Blob([coded]).stream().pipeThrough(new DecompressionStream("deflate"));
  const runs = await new Response(stream).arrayBuffer();
  const count = new DataView(runs).getUint32(0, true);
  const lengths = new DataView(runs, 4, 4 * count);
  const values = new Uint8Array(runs, 4 + 4 * count, count);
  const labels = new Uint8Array(size);
  for (let run = 0, start = 0; run < count; run++) {
    const end = start + lengths.getUint32(4 * run, true);
    if (values[run]) labels.fill(values[run], start, end);
    start = end;
  }
  return labels;
}

/** @param {?Frame} frame @param {number} x @param {number} y @returns {number} instance id there, 0 for none */
export function idAt(frame, x, y) {
  if (!frame?.labels || x < 0 || y < 0 || x >= frame.width || y >= frame.height) return 0;
  const column = Math.min(frame.columns - 1, Math.floor((x * frame.columns) / frame.width));
  const row = Math.min(frame.rows - 1, Math.floor((y * frame.rows) / frame.height));
  const value = frame.labels[row * frame.columns + column];
  return value ? frame.ids[value - 1] : 0;
}
