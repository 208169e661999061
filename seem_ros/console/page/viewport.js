// Where the picture lies on the canvas. Screen: CSS pixels of the canvas; image: the camera's pixels.

const MOST_ZOOM = 24;

export class Viewport {
  zoom = 1; // 1 shows the whole picture
  #centre = { x: 0.5, y: 0.5 }; // of what is seen, as a share of the image
  #canvas = { width: 1, height: 1 };
  #image = { width: 1, height: 1 };

  /** @param {number} width @param {number} height CSS pixels */
  resize(width, height) {
    this.#canvas = { width: Math.max(1, width), height: Math.max(1, height) };
  }

  /** @param {import("./frame.js").Frame} frame */
  show(frame) {
    this.#image = { width: frame.width, height: frame.height };
  }

  /** @returns {number} screen pixels per image pixel */
  get scale() {
    return this.zoom * Math.min(this.#canvas.width / this.#image.width, this.#canvas.height / this.#image.height);
  }

  /** Image to screen. */
  toScreen(x, y) {
    const { scale } = this;
    return {
      x: this.#canvas.width / 2 + (x - this.#centre.x * this.#image.width) * scale,
      y: this.#canvas.height / 2 + (y - this.#centre.y * this.#image.height) * scale,
    };
  }

  /** Screen to image; may lie outside of it. */
  toImage(x, y) {
    const { scale } = this;
    return {
      x: (x - this.#canvas.width / 2) / scale + this.#centre.x * this.#image.width,
      y: (y - this.#canvas.height / 2) / scale + this.#centre.y * this.#image.height,
    };
  }

  /** The nearest place inside the image. */
  clamp({ x, y }) {
    const inside = (value, size) => Math.max(0, Math.min(size - 0.01, value));
    return { x: inside(x, this.#image.width), y: inside(y, this.#image.height) };
  }

  contains({ x, y }) {
    return x >= 0 && y >= 0 && x < this.#image.width && y < this.#image.height;
  }

  /** Zoom so that the image under a place of the screen stays there. */
  zoomAt(x, y, factor) {
    const before = this.toImage(x, y);
    this.zoom = Math.max(1, Math.min(MOST_ZOOM, this.zoom * factor));
    const after = this.toImage(x, y);
    this.#move(before.x - after.x, before.y - after.y);
  }

  /** Move the picture by screen pixels. */
  pan(dx, dy) {
    this.#move(-dx / this.scale, -dy / this.scale);
  }

  fit() {
    this.zoom = 1;
    this.#centre = { x: 0.5, y: 0.5 };
  }

  /** Bring a place of the image into view. */
  reveal({ x, y }) {
    const place = this.toScreen(x, y);
    const over = (value, size) => (value < 0 ? -value : value > size ? size - value : 0);
    this.pan(over(place.x, this.#canvas.width), over(place.y, this.#canvas.height));
  }

  #move(dx, dy) {
    const half = { x: 0.5 / this.zoom, y: 0.5 / this.zoom };
    const inside = (value, least) => (least >= 0.5 ? 0.5 : Math.max(least, Math.min(1 - least, value)));
    this.#centre = {
      x: inside(this.#centre.x + dx / this.#image.width, half.x),
      y: inside(this.#centre.y + dy / this.#image.height, half.y),
    };
  }
}
