// Mouse, pen and fingers on the picture: clicks, long presses, boxes, strokes, zoom.
import { idAt } from "./frame.js";

const DRAG_PX = 6; // less is a click
const LONG_PRESS_MS = 550;
const BRUSH_PX = 14; // on the screen

export class Pointing {
  #page;
  #canvas;
  #gesture = null; // what one pointer is doing
  #pointers = new Map(); // fingers on the picture
  #timer = 0;

  /** @param {HTMLCanvasElement} canvas @param {object} page see main.js: frame, view, intents, tool, … */
  constructor(canvas, page) {
    this.#page = page;
    this.#canvas = canvas;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#moved(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#cancel(event));
    canvas.addEventListener("pointerleave", () => page.hover(0));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** Whether something is being drawn: the picture stands still meanwhile. */
  get isDrawing() {
    return this.#gesture !== null && this.#gesture.kind !== "pan";
  }

  giveUp() {
    clearTimeout(this.#timer);
    this.#gesture = null;
    this.#page.sketch = null;
  }

  #place(event) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #down(event) {
    const { frame, view, tool } = this.#page;
    this.#canvas.focus({ preventScroll: true });
    this.#page.cursor = null;
    const at = this.#place(event);
    this.#pointers.set(event.pointerId, at);
    this.#canvas.setPointerCapture(event.pointerId);
    if (this.#pointers.size > 1) return this.giveUp(); // two fingers zoom and move
    if (!frame) return;
    const start = view.toImage(at.x, at.y);
    const isPan = tool === "pan" || event.button === 1;
    if (!isPan && !view.contains(start)) return;
    const kind = isPan ? "pan" : tool.startsWith("brush") ? "stroke" : "point";
    const positive = event.button !== 2 && tool !== "not" && tool !== "brush_not";
    this.#gesture = { kind, at, last: at, start, frame, positive, extend: event.shiftKey, isDragged: false, points: [] };
    if (kind === "stroke") this.#extendStroke(start);
    if (kind === "point" && positive) {
      this.#timer = setTimeout(() => this.#longPress(), LONG_PRESS_MS);
    }
  }

  #moved(event) {
    const at = this.#place(event);
    const { view, frame } = this.#page;
    const before = this.#pointers.get(event.pointerId);
    if (this.#pointers.size === 2 && before) this.#pinch(event.pointerId, before, at);
    if (before) this.#pointers.set(event.pointerId, at);
    if (!this.#gesture) {
      const place = view.toImage(at.x, at.y);
      return this.#page.hover(idAt(frame, place.x, place.y), at);
    }
    this.#drag(at);
  }

  #drag(at) {
    const { view } = this.#page;
    const gesture = this.#gesture;
    const place = view.clamp(view.toImage(at.x, at.y));
    if (Math.hypot(at.x - gesture.at.x, at.y - gesture.at.y) > DRAG_PX) {
      gesture.isDragged = true;
      clearTimeout(this.#timer);
    }
    if (gesture.kind === "pan") view.pan(at.x - gesture.last.x, at.y - gesture.last.y);
    else if (gesture.kind === "stroke") this.#extendStroke(place);
    else if (gesture.isDragged && gesture.positive) {
      this.#page.sketch = { boxes: [[gesture.start.x, gesture.start.y, place.x, place.y]] };
    }
    gesture.last = at;
    this.#page.repaint();
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
    const gesture = this.#gesture;
    const { view, intents } = this.#page;
    this.giveUp();
    if (!gesture || gesture.kind === "pan") return this.#page.resume();
    const place = this.#place(event);
    const end = view.clamp(view.toImage(place.x, place.y));
    // A picture held for long is let go before it is too old to be pointed at.
    const frame = this.#page.frame;
    if (gesture.kind === "stroke") {
      intents.drawStroke(frame, gesture.points, this.#brushWidth(), gesture.positive, gesture.extend);
    } else if (gesture.isDragged && gesture.positive) {
      intents.drawBox(frame, gesture.start, end, gesture.extend);
    } else if (gesture.positive && this.#page.tool !== "box") {
      intents.pointAt(frame, gesture.start, gesture.extend);
    } else if (!gesture.positive) {
      intents.exclude(frame, gesture.start);
    }
    this.#page.resume();
  }

  #cancel(event) {
    this.#pointers.delete(event.pointerId);
    this.giveUp();
    this.#page.resume();
  }

  #longPress() {
    const gesture = this.#gesture;
    if (!gesture) return;
    this.giveUp();
    navigator.vibrate?.(30);
    this.#page.intents.exclude(gesture.frame, gesture.start);
    this.#page.resume();
  }

  #brushWidth() {
    return Math.max(1, Math.round(BRUSH_PX / this.#page.view.scale));
  }

  #extendStroke({ x, y }) {
    const { points, positive } = this.#gesture;
    const last = points.at(-1);
    const step = 3 / this.#page.view.scale;
    if (!last || Math.hypot(x - last[0], y - last[1]) >= step) points.push([round(x), round(y)]);
    this.#page.sketch = { strokes: [{ points, positive }] };
    this.#page.repaint();
  }

  /** Two fingers: their middle moves the picture, their distance zooms it. */
  #pinch(id, before, now) {
    const other = [...this.#pointers].find(([key]) => key !== id)[1];
    const { view } = this.#page;
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(now.x - other.x, now.y - other.y);
    view.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    if (was > 0) view.zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, is / was);
    this.#page.repaint();
  }

  #wheel(event) {
    event.preventDefault();
    const at = this.#place(event);
    this.#page.view.zoomAt(at.x, at.y, Math.exp(-event.deltaY * 0.0015));
    this.#page.repaint();
  }
}

const round = (value) => Math.round(value * 100) / 100;
