// The list of things: who they are, and what can be done with each.
import { drawSwatch } from "./colours.js";
import { nameOf, sureOf } from "./painter.js";
import { text } from "./texts.js";

const $ = (id) => document.getElementById(id);

export class Things {
  #page;
  #rows = new Map(); // id -> {item, shown}
  #editing = 0;

  /** @param {object} page see main.js */
  constructor(page) {
    this.#page = page;
  }

  /** @param {import("./frame.js").Frame} frame */
  show(frame) {
    const list = $("things");
    for (const [id, { item }] of this.#rows) {
      if (!frame.things.some((thing) => thing.id === id)) {
        item.remove();
        this.#rows.delete(id);
        if (this.#editing === id) this.#editing = 0;
      }
    }
    frame.things.forEach((thing, index) => {
      if (!this.#rows.has(thing.id)) this.#rows.set(thing.id, { item: this.#make(thing.id), shown: "" });
      this.#fill(thing, frame.target === thing.id);
      const { item } = this.#rows.get(thing.id);
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    });
    $("nothing").hidden = frame.things.length > 0;
    $("count").textContent = frame.things.length || "";
  }

  /** Write all rows anew: the language or the abilities changed. */
  refresh() {
    for (const { item } of this.#rows.values()) item.remove();
    this.#rows.clear();
    if (this.#page.frame) this.show(this.#page.frame);
  }

  highlight(id) {
    for (const [key, { item }] of this.#rows) item.toggleAttribute("data-hover", key === id);
  }

  /** Let the operator write a name. @param {number} id */
  rename(id) {
    const row = this.#rows.get(id);
    if (!row || !this.#page.abilities.has("rename")) return;
    this.#editing = id;
    const thing = this.#page.frame.things.find((other) => other.id === id);
    const input = document.createElement("input");
    input.value = thing?.label || thing?.class_name || "";
    input.maxLength = 60;
    input.setAttribute("aria-label", text("rename"));
    const end = (keep) => {
      if (this.#editing !== id) return;
      this.#editing = 0;
      if (keep) this.#page.link.command("rename", { instance_id: id, text: input.value.trim() });
      row.shown = "";
      this.show(this.#page.frame);
      this.#page.canvas.focus();
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(false);
    });
    input.addEventListener("blur", () => end(true));
    input.addEventListener("click", (event) => event.stopPropagation());
    row.item.querySelector(".about").replaceChildren(input);
    input.select();
  }

  #make(id) {
    const item = document.createElement("li");
    item.className = "thing";
    item.dataset.id = String(id);
    item.tabIndex = 0;
    const swatch = document.createElement("canvas");
    drawSwatch(swatch, id);
    const about = document.createElement("div");
    about.className = "about";
    item.append(swatch, about, this.#buttons(id));
    item.addEventListener("click", () => this.#page.intents.select(id));
    item.addEventListener("keydown", (event) => event.key === "Enter" && this.#page.intents.select(id));
    item.addEventListener("pointerenter", () => this.#page.hover(id));
    item.addEventListener("pointerleave", () => this.#page.hover(0));
    return item;
  }

  #buttons(id) {
    const row = document.createElement("div");
    row.className = "buttons";
    const acts = {
      select: () => this.#page.intents.select(id),
      rename: () => this.rename(id),
      teach: () => this.#teach(id),
      remove: () => this.#page.intents.remove(id),
    };
    for (const [name, act] of Object.entries(acts)) {
      if (["rename", "teach"].includes(name) && !this.#page.abilities.has(name)) continue;
      const button = document.createElement("button");
      button.dataset.act = name;
      button.title = text(name);
      button.setAttribute("aria-label", `${text(name)} ${id}`);
      const icon = name === "select" ? "target" : name;
      button.append(svg(`i-${icon}`));
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        act();
      });
      row.append(button);
    }
    return row;
  }

  #teach(id) {
    const thing = this.#page.frame.things.find((other) => other.id === id);
    if (!thing?.label) {
      this.#page.feed.warn(text("teach_name"));
      this.rename(id);
      return;
    }
    this.#page.link.command("teach", { instance_id: id, text: thing.label });
  }

  /** Write name and facts, where they changed. */
  #fill(thing, isTarget) {
    const row = this.#rows.get(thing.id);
    const facts = [text(thing.state), `${Math.round(sureOf(thing) * 100)} %`];
    if (thing.label && thing.class_name && thing.class_name !== thing.label) facts.push(thing.class_name);
    if (thing.readings > 1) facts.push(`${text("reading")} ${thing.reading}/${thing.readings}`);
    const shown = JSON.stringify([nameOf(thing), facts, isTarget]);
    if (row.shown === shown || this.#editing === thing.id) return;
    row.shown = shown;
    row.item.dataset.state = thing.state;
    row.item.setAttribute("aria-selected", String(isTarget));
    row.item.querySelector('[data-act="select"]').setAttribute("aria-pressed", String(isTarget));
    const name = document.createElement("div");
    name.className = "name";
    name.textContent = nameOf(thing);
    const line = document.createElement("div");
    line.className = "facts";
    line.textContent = facts.join(" · ");
    row.item.querySelector(".about").replaceChildren(name, line);
  }
}

/** @param {string} id of a symbol in index.html */
function svg(id) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#${id}`);
  picture.append(use);
  return picture;
}
