// A colour and a pattern per instance id. The colours are those of Okabe and Ito, which people with
// any kind of colour blindness tell apart; things that share one differ in their pattern.

const COLOURS = [
  [230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66], [0, 114, 178], [213, 94, 0], [204, 121, 167], [200, 200, 200],
];
const PATTERNS = [
  () => true, // even
  (x, y) => (x + y) % 8 < 4, // falling stripes
  (x, y) => x % 7 < 3 && y % 7 < 3, // dots
  (x, y) => y % 7 < 3, // lines
  (x, y) => (x - y + 1e6) % 8 < 4, // rising stripes
];

/** @param {number} id @returns {number[]} red, green, blue */
export const colourOf = (id) => COLOURS[(id - 1) % COLOURS.length];

/** @param {number} id @returns {(x: number, y: number) => boolean} where the pattern is filled */
export const patternOf = (id) => PATTERNS[Math.floor((id - 1) / COLOURS.length) % PATTERNS.length];

/** @param {number} id @param {number} [alpha] @returns {string} the same for CSS */
export const css = (id, alpha = 1) => `rgb(${colourOf(id).join(" ")} / ${alpha})`;

/** Pack red, green, blue, alpha as a canvas stores them. */
export const packed = ([r, g, b], alpha) => ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** Draw a swatch with the colour, the pattern and the id. @param {HTMLCanvasElement} canvas @param {number} id */
export function drawSwatch(canvas, id) {
  const side = (canvas.width = canvas.height = 40);
  const pen = canvas.getContext("2d");
  const picture = pen.createImageData(side, side);
  const pixels = new Uint32Array(picture.data.buffer);
  const full = packed(colourOf(id), 255);
  const pale = packed(colourOf(id).map((part) => part * 0.45), 255);
  const filled = patternOf(id);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) pixels[y * side + x] = filled(x, y) ? full : pale;
  pen.putImageData(picture, 0, 0);
  pen.font = `700 ${id > 99 ? 14 : 18}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineWidth = 4;
  pen.strokeStyle = "#000";
  pen.fillStyle = "#fff";
  pen.strokeText(String(id), side / 2, side / 2 + 1);
  pen.fillText(String(id), side / 2, side / 2 + 1);
}
