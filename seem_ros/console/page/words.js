// The text field: completes names, sends what was written.

const MOST_OFFERED = 12;
const $ = (id) => document.getElementById(id);

export class Words {
  #names = [];
  #page;

  /** @param {object} page see main.js */
  constructor(page) {
    this.#page = page;
    const field = /** @type {HTMLInputElement} */ ($("words"));
    field.addEventListener("input", () => this.#offer(field.value));
    $("say").addEventListener("submit", (event) => {
      event.preventDefault();
      if (!field.value.trim()) return;
      page.intents.say(field.value, /** @type {HTMLInputElement} */ ($("watch")).checked);
      field.value = "";
      this.#offer("");
    });
  }

  /** @param {string[]} names that can be completed */
  know(names) {
    this.#names = names;
  }

  /** Offer names that begin with the last words that were written, whatever stands before them. */
  #offer(written) {
    const own = (this.#page.frame?.things ?? []).map((thing) => thing.label).filter(Boolean);
    const names = [...new Set([...own, ...this.#names])];
    const found = completions(written, names).slice(0, MOST_OFFERED);
    $("names").replaceChildren(...found.map((line) => Object.assign(document.createElement("option"), { value: line })));
  }
}

/** @param {string} written @param {string[]} names @returns {string[]} whole lines */
export function completions(written, names) {
  const words = written.trimStart().split(/(?<=\s)/);
  const lines = [];
  for (let first = 0; first < words.length; first++) {
    const before = words.slice(0, first).join("");
    const begun = words.slice(first).join("").toLowerCase();
    if (begun.trim().length < 1) continue;
    for (const name of names) if (name.toLowerCase().startsWith(begun)) lines.push(before + name);
  }
  return [...new Set(lines)];
}
