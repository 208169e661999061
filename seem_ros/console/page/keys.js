// Everything by keyboard: a cursor on the picture, and a key for each thing that can be done.

const STEP_PX = 8; // on the screen
const FAST = 5;
const PAN_PX = 60;
const STROKE_WIDTH_PX = 14;

export class Keys {
  #page;
  #corner = null; // of a box that was begun
  #stroke = null; // points of a stroke that was begun

  /** @param {object} page see main.js */
  constructor(page) {
    this.#page = page;
    document.addEventListener("keydown", (event) => this.#down(event));
    document.addEventListener("keyup", (event) => event.key.toLowerCase() === "v" && page.voice.stop());
  }

  #down(event) {
    if (event.ctrlKey && event.key.toLowerCase() === "z" && !isTyping(event.target)) {
      event.preventDefault();
      return this.#page.intents.undo();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || this.#page.help.open) return undefined;
    if (isTyping(event.target)) return event.key === "Escape" && this.#page.canvas.focus();
    const isButton = event.target.closest?.("button, summary, a, li");
    if (isButton && (event.key === "Enter" || event.key === " ")) return undefined;
    const action = this.#actions()[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return undefined;
    event.preventDefault();
    return action(event);
  }

  #actions() {
    const page = this.#page;
    const { intents, view } = page;
    const centre = [page.canvas.clientWidth / 2, page.canvas.clientHeight / 2];
    const pan = (dx, dy) => () => (view.pan(dx * PAN_PX, dy * PAN_PX), page.repaint());
    const zoom = (factor) => () => (view.zoomAt(...centre, factor), page.repaint());
    return {
      ArrowLeft: (event) => this.#move(-1, 0, event),
      ArrowRight: (event) => this.#move(1, 0, event),
      ArrowUp: (event) => this.#move(0, -1, event),
      ArrowDown: (event) => this.#move(0, 1, event),
      Enter: (event) => this.#at((frame, place) => intents.pointAt(frame, place, event.shiftKey)),
      n: () => this.#at((frame, place) => intents.exclude(frame, place)),
      p: () => this.#at((frame, place) => intents.pointAt(frame, place, true)),
      e: () => this.#at((frame, place) => page.selectAt(place)),
      x: (event) => this.#at((frame, place) => this.#box(frame, place, event.shiftKey)),
      b: (event) => this.#at((frame, place) => this.#draw(frame, place, true, event.shiftKey)),
      m: () => this.#at((frame, place) => this.#draw(frame, place, false, false)),
      "[": () => page.selectNext(-1),
      "]": () => page.selectNext(1),
      u: () => intents.undo(),
      r: () => page.nextReading(),
      ",": () => page.nextReading("smaller"),
      ".": () => page.nextReading("bigger"),
      Delete: () => intents.remove(page.frame?.target),
      Backspace: () => intents.remove(page.frame?.target),
      l: () => page.things.rename(page.frame?.target),
      " ": () => page.togglePause(),
      "+": zoom(1.3),
      "=": zoom(1.3),
      "-": zoom(1 / 1.3),
      0: () => (view.fit(), page.repaint()),
      w: pan(0, 1),
      a: pan(1, 0),
      s: pan(0, -1),
      d: pan(-1, 0),
      t: () => document.getElementById("words").focus(),
      "/": () => document.getElementById("words").focus(),
      v: (event) => event.repeat || page.voice.start(),
      "?": () => page.help.showModal(),
      h: () => page.help.showModal(),
      Escape: () => this.#giveUp(),
    };
  }

  #giveUp() {
    this.#corner = this.#stroke = this.#page.sketch = this.#page.cursor = null;
    this.#page.pointing.giveUp();
    this.#page.resume();
  }

  /** Do something where the cursor is; without one it appears in the middle first. */
  #at(act) {
    const { frame, cursor } = this.#page;
    if (!frame) return;
    if (cursor) act(frame, cursor);
    else this.#move(0, 0, {});
  }

  #move(dx, dy, { shiftKey }) {
    const page = this.#page;
    if (!page.frame) return;
    const step = (STEP_PX * (shiftKey ? FAST : 1)) / page.view.scale;
    const from = page.cursor ?? { x: page.frame.width / 2, y: page.frame.height / 2 };
    page.cursor = page.view.clamp({ x: from.x + dx * step, y: from.y + dy * step });
    page.view.reveal(page.cursor);
    if (this.#corner) page.sketch = { boxes: [[this.#corner.x, this.#corner.y, page.cursor.x, page.cursor.y]] };
    if (this.#stroke) {
      this.#stroke.points.push([page.cursor.x, page.cursor.y]);
      page.sketch = { strokes: [this.#stroke] };
    }
    page.hover(page.idAt(page.cursor), page.view.toScreen(page.cursor.x, page.cursor.y));
    page.repaint();
  }

  #box(frame, place, extend) {
    if (!this.#corner) {
      this.#corner = place;
      return;
    }
    this.#page.intents.drawBox(frame, this.#corner, place, extend);
    this.#corner = this.#page.sketch = null;
  }

  #draw(frame, place, positive, extend) {
    if (!this.#stroke) {
      this.#stroke = { points: [[place.x, place.y]], positive };
      return;
    }
    const { points } = this.#stroke;
    const width = Math.max(1, Math.round(STROKE_WIDTH_PX / this.#page.view.scale));
    this.#page.intents.drawStroke(frame, points, width, this.#stroke.positive, extend);
    this.#stroke = this.#page.sketch = null;
  }
}

/** @param {EventTarget} target @returns {boolean} whether keys are letters there */
function isTyping(target) {
  return target instanceof HTMLInputElement && target.type !== "checkbox";
}
