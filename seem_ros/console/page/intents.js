// What pointing and drawing mean: which prompt is sent. Prompts carry the stamp of the picture that
// was on the screen.
import { idAt } from "./frame.js";

/** @typedef {import("./frame.js").Frame} Frame */

export class Intents {
  #link;
  #refuse;
  extends = false; // what is pointed at belongs to the selected thing

  /** @param {import("./link.js").Link} link @param {(key: string) => void} refuse tells why nothing is sent */
  constructor(link, refuse) {
    this.#link = link;
    this.#refuse = refuse;
  }

  /** This: a thing that is there is selected; in the selected one it is one more click; else a new thing. */
  pointAt(frame, { x, y }, extend = false) {
    const id = idAt(frame, x, y);
    const points = [[x, y, 1]];
    if (extend || this.extends) return this.#toTarget(frame, { points });
    if (id && id !== frame.target) return this.select(id);
    return this.#draw(frame, id ? { mode: "refine", instance_id: id, points } : { points });
  }

  /** Not this: of the thing that is there, else of the selected one. */
  exclude(frame, { x, y }) {
    const id = idAt(frame, x, y) || frame.target;
    if (!id) return this.#refuse("nothing_selected");
    return this.#draw(frame, { mode: "refine", instance_id: id, points: [[x, y, 0]] });
  }

  drawBox(frame, from, to, extend = false) {
    const boxes = [[Math.min(from.x, to.x), Math.min(from.y, to.y), Math.max(from.x, to.x), Math.max(from.y, to.y)]];
    if (extend || this.extends) return this.#toTarget(frame, { boxes });
    return this.#draw(frame, { boxes });
  }

  /** @param {Frame} frame @param {number[][]} points @param {number} width pixels @param {boolean} positive */
  drawStroke(frame, points, width, positive, extend = false) {
    const strokes = [{ points, width, positive }];
    const id = idAt(frame, points[0][0], points[0][1]);
    if (!positive) {
      if (!(id || frame.target)) return this.#refuse("nothing_selected");
      return this.#draw(frame, { mode: "refine", instance_id: id || frame.target, strokes });
    }
    if (extend || this.extends) return this.#toTarget(frame, { strokes });
    return this.#draw(frame, id ? { mode: "refine", instance_id: id, strokes } : { strokes });
  }

  /** Words; several names are split by ";", and "not …" is about the selected thing. */
  say(words, watch) {
    for (const phrase of words.split(";").map((part) => part.trim()).filter(Boolean)) {
      const not = /^(?:not|nicht|ohne|without)\s+(.+)$/i.exec(phrase);
      if (not) this.#link.send("prompt", { mode: "refine", negative_text: not[1] });
      else this.#link.send("prompt", { text: phrase, track: watch });
    }
  }

  select(id) {
    this.#link.send("prompt", { mode: "select", instance_id: id });
  }

  remove(id) {
    if (!id) return this.#refuse("nothing_selected");
    this.#link.send("prompt", { mode: "remove", instance_id: id });
  }

  /** Another reading of the last click. @param {string} word bigger, smaller, or empty for the next one */
  readOtherwise(id, word = "") {
    this.#link.send("prompt", { mode: "next", instance_id: id, text: word });
  }

  undo() {
    this.#link.send("prompt", { mode: "undo" });
  }

  #toTarget(frame, drawing) {
    if (!frame.target) return this.#refuse("nothing_selected");
    return this.#draw(frame, { mode: "refine", instance_id: frame.target, ...drawing });
  }

  #draw(frame, fields) {
    this.#link.send("prompt", { stamp: frame.stamp, width: frame.width, height: frame.height, ...fields });
  }
}
