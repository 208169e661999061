// Puts the page together: one object that the parts share, and what happens between them.
import { wireControls } from "./controls.js";
import { Feed } from "./feed.js";
import { idAt } from "./frame.js";
import { Intents } from "./intents.js";
import { Keys } from "./keys.js";
import { Link } from "./link.js";
import { Meters } from "./meters.js";
import { nameOf, Painter, sureOf } from "./painter.js";
import { Pointing } from "./pointing.js";
import { keyTable, loadTexts, text } from "./texts.js";
import { Things } from "./things.js";
import { Viewport } from "./viewport.js";
import { Voice } from "./voice.js";
import { Words } from "./words.js";

const HELD_MS = 1500; // a picture stands still so long at most while something is drawn on it
const $ = (id) => document.getElementById(id);

/** What the parts share; the parts themselves are added below. */
const page = {
  canvas: /** @type {HTMLCanvasElement} */ ($("canvas")),
  help: /** @type {HTMLDialogElement} */ ($("help")),
  frame: null, // on the screen
  waiting: null, // the newest, while the one on the screen is held
  heldSince: 0,
  cursor: null, // of the keyboard, in the image
  sketch: null, // what is being drawn
  hovered: 0,
  tool: "point",
  isPaused: false,
  status: null,
  abilities: new Set(),
  view: new Viewport(),
  link: new Link(),
  meters: new Meters(),
  feed: new Feed(),

  idAt: (place) => idAt(page.frame, place.x, place.y),

  repaint() {
    if (!page.isAsked) requestAnimationFrame(paint);
    page.isAsked = true;
  },

  /** Show who is under the pointer. @param {number} id @param {{x: number, y: number}} [at] on the screen */
  hover(id, at) {
    const thing = page.frame?.things.find((other) => other.id === id);
    $("tip").hidden = !(thing && at);
    if (thing && at) {
      const facts = [text(thing.state), `${Math.round(sureOf(thing) * 100)} %`, thing.label ? thing.class_name : ""];
      $("tip").textContent = `${id} ${nameOf(thing)} · ${facts.filter(Boolean).join(" · ")}`;
      const right = page.canvas.clientWidth - $("tip").offsetWidth - 8;
      $("tip").style.transform = `translate(${Math.max(4, Math.min(right, at.x + 16))}px, ${at.y + 18}px)`;
    }
    if (page.hovered === id) return;
    page.hovered = id;
    page.things.highlight(id);
    page.repaint();
  },

  /** Show the newest picture again after something was drawn. */
  resume() {
    page.heldSince = 0;
    if (page.waiting) show(page.waiting);
    page.repaint();
  },

  selectAt(place) {
    const id = page.idAt(place);
    if (id) page.intents.select(id);
    else page.feed.warn(text("nothing_selected"));
  },

  selectNext(step) {
    const ids = page.frame?.things.map((thing) => thing.id) ?? [];
    if (!ids.length) return;
    const at = ids.indexOf(page.frame.target);
    page.intents.select(ids[(Math.max(at, step > 0 ? -1 : 0) + step + ids.length) % ids.length]);
  },

  /** @param {string} [word] bigger or smaller */
  nextReading(word) {
    if (!page.abilities.has("next_reading")) return;
    page.intents.readOtherwise(page.frame?.target ?? 0, word);
  },

  /** A clip is paused for all; a live picture is held on this page only. */
  togglePause() {
    if (page.abilities.has("playback")) {
      page.link.command("playback", { on: page.status?.state === "paused" });
      return;
    }
    page.isPaused = !page.isPaused;
    page.link.send("pause", { on: page.isPaused });
    showPause();
  },
};
page.things = new Things(page);
page.intents = new Intents(page.link, (key) => page.feed.warn(text(key)));
page.pointing = new Pointing(page.canvas, page);
page.voice = new Voice(/** @type {HTMLButtonElement} */ ($("talk")), page);
page.words = new Words(page);
page.keys = new Keys(page);
const painter = new Painter(page.canvas, page.view);

function paint() {
  page.isAsked = false;
  if (painter.paint(page.frame, page)) page.repaint();
  const { frame } = page;
  if (!frame || frame.isAcknowledged) return;
  frame.isAcknowledged = true;
  page.meters.drew(frame);
  page.link.send("ack", { number: frame.number });
}

/** Take a picture; it waits while something is drawn on the one before it. */
function receive(frame) {
  const now = performance.now();
  if (page.pointing.isDrawing && page.frame) {
    page.heldSince ||= now;
    if (now - page.heldSince < HELD_MS) {
      page.waiting?.bitmap.close();
      page.waiting = frame;
      page.link.send("ack", { number: frame.number });
      frame.isAcknowledged = true;
      return;
    }
  }
  show(frame);
}

function show(frame) {
  if (page.frame && page.frame !== frame) page.frame.bitmap.close();
  page.frame = frame;
  page.waiting = null;
  $("empty").hidden = true;
  page.things.show(frame);
  page.repaint();
}

function showPause() {
  const isStill = page.abilities.has("playback") ? page.status?.state === "paused" : page.isPaused;
  page.meters.isHeld = page.isPaused;
  $("pause").setAttribute("aria-pressed", String(isStill));
  $("pause").querySelector("use").setAttribute("href", isStill ? "#i-play" : "#i-pause");
  $("pause").querySelector("span").textContent = text(isStill ? "play" : "pause");
  page.meters.show();
}

const lines = {
  hello({ you, title }) {
    page.you = you;
    page.feed.clear();
    document.title = title;
    $("title").textContent = title;
    const name = localStorage.getItem("operator");
    if (name) page.link.send("name", { name });
  },
  abilities({ names, words }) {
    page.abilities = new Set(names);
    for (const element of document.querySelectorAll("[data-needs]")) element.hidden = !page.abilities.has(element.dataset.needs);
    page.words.know(words);
    page.things.refresh();
    showPause();
  },
  operators({ names }) {
    const others = names.filter((name, index) => names.indexOf(name) !== index || name !== (localStorage.getItem("operator") || page.you));
    $("others").textContent = others.length ? text("with_you") + others.join(", ") : "";
  },
  status(status) {
    page.status = status;
    $("enable").checked = status.state !== "disabled";
    page.meters.know(status);
    showPause();
  },
  prompt(prompt) {
    page.feed.asked(prompt);
    painter.mark(prompt);
    page.repaint();
  },
  notice: (notice) => page.feed.answered(notice),
  heard: (heard) => page.feed.heard(heard),
};

/** Texts that are not in the page's markup. */
function writeTexts() {
  $("language").textContent = text("language_code");
  const rows = keyTable().map(([keys, meaning]) => {
    const [line, name] = [document.createElement("p"), document.createElement("kbd")];
    name.textContent = keys;
    line.append(name, meaning);
    return line;
  });
  $("help-text").replaceChildren(...rows);
  page.things.refresh();
  showPause();
}

await loadTexts();
writeTexts();
wireControls(page, writeTexts);
new ResizeObserver(() => page.repaint()).observe(page.canvas);
document.addEventListener("visibilitychange", () => page.link.send("pause", { on: document.hidden || page.isPaused }));
page.link.addEventListener("open", () => {
  page.meters.connected("open");
  if (page.isPaused || document.hidden) page.link.send("pause", { on: true });
});
page.link.addEventListener("closed", async (event) => {
  page.meters.connected("offline", event.detail); // such as: too many pages
  const answer = await fetch("icon.svg", { cache: "no-store" }).catch(() => null);
  if (answer?.status === 401 && !page.link.isOpen) page.meters.connected("no_entry"); // another token now
});
page.link.addEventListener("frame", (event) => receive(event.detail));
page.link.addEventListener("line", (event) => lines[event.detail.type]?.(event.detail));
page.link.connect();
window.seemConsole = page; // for tests, and for the curious
