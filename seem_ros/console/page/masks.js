// The masks of a frame as a picture of the labels' size: pale inside, a line around each thing.
import { colourOf, packed, patternOf } from "./colours.js";

const INSIDE = 96; // alpha of the filled part
const BETWEEN = 40; // and between the parts of a pattern
const WHITE = packed([255, 255, 255], 255);
const canvas = document.createElement("canvas");

/**
 * @param {import("./frame.js").Frame} frame
 * @param {number} hovered id of the thing under the pointer
 * @returns {?HTMLCanvasElement} the same canvas each time; null where there are no masks
 */
export function masksOf(frame, hovered) {
  const { labels, columns, rows } = frame;
  if (!labels || !frame.ids.length) return null;
  canvas.width = columns;
  canvas.height = rows;
  const pen = canvas.getContext("2d");
  const picture = pen.createImageData(columns, rows);
  const pixels = new Uint32Array(picture.data.buffer);
  const styles = [null, ...frame.ids.map((id) => styleOf(frame, id, hovered))];
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, at++) {
      const value = labels[at];
      if (value) pixels[at] = pixelOf(styles[value], distanceToEdge(labels, at, x, y, columns, rows), x, y);
    }
  }
  pen.putImageData(picture, 0, 0);
  return canvas;
}

function styleOf(frame, id, hovered) {
  const colour = colourOf(id);
  const strength = id === hovered ? 1.5 : 1;
  return {
    edge: packed(colour, 255),
    inside: packed(colour, Math.min(255, INSIDE * strength)),
    between: packed(colour, BETWEEN * strength),
    filled: patternOf(id),
    isTarget: id === frame.target,
    isOld: frame.behind_ms > 0,
    isDashed: frame.behind_ms > 0 || frame.things.some((thing) => thing.id === id && thing.state === "uncertain"),
  };
}

/** The target has a white line outside of its own. What is uncertain is dashed; an older mask is a dashed line only. */
function pixelOf(style, distance, x, y) {
  const isGap = style.isDashed && (x + y) % 10 < 4;
  if (distance === 1 && !isGap) return style.isTarget ? WHITE : style.edge;
  if (distance === 2 && !isGap) return style.edge;
  if (style.isOld) return 0;
  return style.filled(x, y) ? style.inside : style.between;
}

/** @returns {number} 1 beside another value, 2 one pixel further in, 3 inside */
function distanceToEdge(labels, at, x, y, columns, rows) {
  const value = labels[at];
  if (x < 2 || y < 2 || x >= columns - 2 || y >= rows - 2) {
    return x === 0 || y === 0 || x === columns - 1 || y === rows - 1 ? 1 : 2;
  }
  if (labels[at - 1] !== value || labels[at + 1] !== value || labels[at - columns] !== value || labels[at + columns] !== value) return 1;
  const far = 2 * columns;
  if (labels[at - 2] !== value || labels[at + 2] !== value || labels[at - far] !== value || labels[at + far] !== value) return 2;
  return 3;
}
