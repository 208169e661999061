// Draws the picture, the masks, the names, what is being drawn, and what others have just drawn.
import { css } from "./colours.js";
import { masksOf } from "./masks.js";
import { text } from "./texts.js";

const MARK_MS = 1600; // that a prompt stays to be seen
const FONT = '600 14px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** @param {import("./frame.js").Thing} thing @returns {string} the operator's name, else the model's */
export const nameOf = (thing) => thing.label || thing.class_name || text("unnamed");

/** How sure what is shown is, 0..1: the name where the model gave it, else the mask. */
export const sureOf = (thing) => (thing.class_name && !thing.label ? thing.class_score : thing.score);

export class Painter {
  #canvas;
  #pen;
  #view;
  #masks = { frame: null, hovered: 0, picture: null };
  #marks = [];

  /** @param {HTMLCanvasElement} canvas @param {import("./viewport.js").Viewport} view */
  constructor(canvas, view) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d");
    this.#view = view;
  }

  /** Show for a moment what somebody pointed at. @param {object} prompt see wire.py */
  mark(prompt) {
    this.#marks.push({ prompt, until: performance.now() + MARK_MS });
  }

  /**
   * @param {?import("./frame.js").Frame} frame
   * @param {{hovered: number, cursor: ?{x: number, y: number}, sketch: ?object}} state
   * @returns {boolean} whether something fades, so that it must be drawn again
   */
  paint(frame, { hovered, cursor, sketch }) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.#canvas;
    if (this.#canvas.width !== Math.round(clientWidth * ratio) || this.#canvas.height !== Math.round(clientHeight * ratio)) {
      this.#canvas.width = Math.round(clientWidth * ratio);
      this.#canvas.height = Math.round(clientHeight * ratio);
    }
    this.#view.resize(clientWidth, clientHeight);
    const pen = this.#pen;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = "#05080b";
    pen.fillRect(0, 0, clientWidth, clientHeight);
    if (!frame) return false;
    this.#view.show(frame);
    this.#paintPicture(frame, hovered);
    this.#paintNames(frame, clientWidth, clientHeight);
    this.#marks = this.#marks.filter((mark) => mark.until > performance.now());
    for (const { prompt } of this.#marks) this.#paintSketch(prompt, frame);
    if (sketch) this.#paintSketch(sketch, frame);
    if (cursor) this.#paintCursor(cursor);
    return this.#marks.length > 0;
  }

  #paintPicture(frame, hovered) {
    const pen = this.#pen;
    const corner = this.#view.toScreen(0, 0);
    const [width, height] = [frame.width * this.#view.scale, frame.height * this.#view.scale];
    pen.imageSmoothingEnabled = this.#view.scale < 4;
    pen.imageSmoothingQuality = "medium";
    pen.drawImage(frame.bitmap, corner.x, corner.y, width, height);
    const known = this.#masks;
    if (known.frame !== frame || known.hovered !== hovered) {
      this.#masks = { frame, hovered, picture: masksOf(frame, hovered) };
    }
    if (this.#masks.picture) pen.drawImage(this.#masks.picture, corner.x, corner.y, width, height);
  }

  /** Names lie above their things, moved down where they would hide another. */
  #paintNames(frame, width, height) {
    const pen = this.#pen;
    const taken = [];
    pen.font = FONT;
    pen.textBaseline = "middle";
    const seen = frame.things.filter((thing) => thing.box);
    seen.sort((a, b) => (a.id === frame.target ? -1 : b.id === frame.target ? 1 : a.box[1] - b.box[1]));
    for (const thing of seen) {
      const mood = thing.state === "uncertain" ? " ?" : "";
      const line = `${thing.id}  ${nameOf(thing)}  ${Math.round(sureOf(thing) * 100)} %${mood}`;
      const place = this.#view.toScreen(thing.box[0], thing.box[1]);
      const plate = { x: place.x, y: place.y - 26, width: pen.measureText(line).width + 22, height: 24 };
      plate.x = Math.max(2, Math.min(width - plate.width - 2, plate.x));
      plate.y = Math.max(2, Math.min(height - plate.height - 2, plate.y));
      while (taken.some((other) => overlap(plate, other)) && plate.y < height) plate.y += plate.height + 1;
      taken.push({ ...plate });
      pen.fillStyle = "rgb(0 0 0 / .82)";
      pen.fillRect(plate.x, plate.y, plate.width, plate.height);
      pen.fillStyle = css(thing.id);
      pen.fillRect(plate.x, plate.y, 8, plate.height);
      if (thing.id === frame.target) {
        pen.strokeStyle = "#fff";
        pen.lineWidth = 2;
        pen.strokeRect(plate.x, plate.y, plate.width, plate.height);
      }
      pen.fillStyle = "#fff";
      pen.fillText(line, plate.x + 14, plate.y + plate.height / 2 + 1);
    }
  }

  /** Draw points, boxes and strokes; they may be given in the pixels of another size. */
  #paintSketch(sketch, frame) {
    const factor = sketch.width ? frame.width / sketch.width : 1;
    const place = ([x, y]) => this.#view.toScreen(x * factor, y * factor);
    for (const [x0, y0, x1, y1] of sketch.boxes ?? []) {
      const [from, to] = [place([x0, y0]), place([x1, y1])];
      this.#outlined("#fff", () => this.#pen.rect(from.x, from.y, to.x - from.x, to.y - from.y));
    }
    for (const stroke of sketch.strokes ?? []) {
      this.#outlined(stroke.positive ? "#7dffb0" : "#ff9a85", () => {
        stroke.points.map(place).forEach((at, index) => (index ? this.#pen.lineTo(at.x, at.y) : this.#pen.moveTo(at.x, at.y)));
      }, stroke.positive ? [] : [9, 7]);
    }
    for (const point of sketch.points ?? []) {
      const at = place(point);
      const arm = 9;
      this.#outlined(point[2] ? "#7dffb0" : "#ff9a85", () => {
        if (point[2]) {
          this.#pen.moveTo(at.x, at.y - arm), this.#pen.lineTo(at.x, at.y + arm);
        }
        this.#pen.moveTo(at.x - arm, at.y), this.#pen.lineTo(at.x + arm, at.y);
        this.#pen.moveTo(at.x + arm + 3, at.y), this.#pen.arc(at.x, at.y, arm + 3, 0, 7);
      });
    }
  }

  #paintCursor({ x, y }) {
    const at = this.#view.toScreen(x, y);
    this.#outlined("#fff", () => {
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        this.#pen.moveTo(at.x + dx * 5, at.y + dy * 5), this.#pen.lineTo(at.x + dx * 18, at.y + dy * 18);
      }
    });
  }

  /** A light line with a dark rim is seen on any ground. */
  #outlined(colour, draw, dash = []) {
    const pen = this.#pen;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    draw();
    pen.strokeStyle = "#000";
    pen.lineWidth = 6;
    pen.stroke();
    pen.setLineDash(dash);
    pen.strokeStyle = colour;
    pen.lineWidth = 3;
    pen.stroke();
    pen.setLineDash([]);
  }
}

function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
