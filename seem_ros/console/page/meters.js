// The line at the top: how things are, how old the picture is, how fast it goes.
import { text } from "./texts.js";

const OLD_MS = 2000; // shown in red
const LATE_MS = 4000; // said in words
const GOOD = ["running", "paused"];
const BAD = ["error", "stale", "silent"];
const $ = (id) => document.getElementById(id);

export class Meters {
  #status = null;
  #drawn = []; // when pictures were drawn, of the last seconds
  #frame = null;
  #link = "connecting"; // connecting, open, offline, no_entry
  #reason = ""; // why the server closed the connection
  isHeld = false; // the operator holds the picture

  constructor() {
    setInterval(() => this.show(), 500);
  }

  /** @param {import("./frame.js").Frame} frame that was just drawn */
  drew(frame) {
    const now = performance.now();
    this.#frame = { behind: frame.behind_ms, age: Math.max(frame.age_ms, frame.shown_age_ms), at: now };
    this.#drawn = [...this.#drawn.filter((time) => time > now - 3000), now];
  }

  /** @param {object} status see session.py */
  know(status) {
    this.#status = status;
    this.show();
  }

  /** @param {string} state connecting, open, offline or no_entry @param {string} [reason] of the server */
  connected(state, reason = "") {
    this.#link = state;
    this.#reason = reason;
    this.show();
  }

  /** @returns {number} age of the picture on the screen, milliseconds */
  get age() {
    return this.#frame ? this.#frame.age + performance.now() - this.#frame.at : Infinity;
  }

  show() {
    const state = this.#link === "open" ? (this.#status?.state ?? "starting") : this.#link;
    const isLate = state === "running" && !this.isHeld && this.age > LATE_MS && this.#frame;
    const isBad = BAD.includes(state) || this.#link !== "open" || isLate;
    $("state").dataset.state = isBad ? "bad" : GOOD.includes(state) ? "good" : "wait";
    const words = isLate ? `${text("old_picture")} ${duration(this.age)}` : text(this.isHeld ? "still" : state);
    const line = [words, state === "error" ? this.#status.message : this.#reason].filter(Boolean).join(": ");
    if ($("state-text").textContent !== line) $("state-text").textContent = line;
    $("state").title = this.#status ? [this.#status.message, this.#status.model, this.#status.device].filter(Boolean).join(" · ") : "";
    this.#meters();
  }

  #meters() {
    const status = this.#status ?? {};
    const rate = (value) => `${(value ?? 0).toFixed(1)}${text("per_second")}`;
    const recent = this.#drawn.filter((time) => time > performance.now() - 3000);
    const isMoving = status.state !== "paused" && !this.isHeld;
    const rows = [
      ["age", isMoving && this.#frame ? duration(this.age) : "–", isMoving && this.age > OLD_MS],
      ["pictures", rate(recent.length / 3), false],
      ["segmented", rate(status.output_rate), false],
      ["model", status.inference_time ? duration(status.inference_time * 1000) : "–", false],
    ];
    if (this.#frame?.behind) rows.splice(1, 0, ["masks_behind", duration(this.#frame.behind), true]);
    if (status.dropped) rows.push(["dropped", String(status.dropped), false]);
    $("meters").replaceChildren(...rows.map(([name, value, isBad]) => row(text(name), value, isBad)));
  }
}

function row(name, value, isBad) {
  const group = document.createElement("div");
  const [title, fact] = [document.createElement("dt"), document.createElement("dd")];
  title.textContent = name;
  fact.textContent = value;
  fact.toggleAttribute("data-bad", isBad);
  group.append(title, fact);
  return group;
}

const duration = (ms) => (ms < 950 ? `${Math.round(ms / 10) * 10} ms` : `${(ms / 1000).toFixed(1)} s`);
