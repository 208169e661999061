// What happens: everybody's prompts and what became of them, and refusals over the picture.
import { text } from "./texts.js";

const MOST_LINES = 60;
const TOAST_MS = 7000;
const $ = (id) => document.getElementById(id);

export class Feed {
  #prompts = new Map(); // id -> line in the list

  /** Somebody sent a prompt. @param {object} prompt see wire.py */
  asked(prompt) {
    const item = this.#add(prompt.source, sayOf(prompt));
    if (prompt.id) this.#prompts.set(prompt.id, item);
  }

  /** What became of it. @param {object} notice see session.py */
  answered(notice) {
    const item = this.#prompts.get(notice.id) ?? this.#add(notice.source, "");
    item.dataset.code = notice.code;
    const line = item.querySelector("small") ?? document.createElement("small");
    line.textContent = [text(notice.code), notice.message].filter(Boolean).join(": ");
    item.append(line);
    if (notice.code === "refused" || notice.code === "not_found") this.#toast(notice.message, notice.code);
    if (notice.code !== "accepted") this.#prompts.delete(notice.id);
  }

  /** Tell why nothing was sent. @param {string} message */
  warn(message) {
    this.answered({ id: "", source: "", code: "refused", message });
  }

  /** @param {{text: string, is_final: boolean, command: string, phrase: string, refusal: string}} heard */
  heard(heard) {
    const line = $("heard");
    line.hidden = !heard.text && !heard.refusal;
    line.toggleAttribute("data-refused", Boolean(heard.refusal));
    const meaning = [heard.command, heard.phrase].filter(Boolean).join(" ");
    line.textContent = `“${heard.text}”` + (heard.is_final ? ` → ${heard.refusal || meaning || "–"}` : " …");
  }

  clear() {
    $("feed").replaceChildren();
    this.#prompts.clear();
  }

  #add(source, words) {
    const item = document.createElement("li");
    const who = document.createElement("b");
    who.textContent = source ? `${source}${words ? ": " : ""}` : "";
    item.append(who, words);
    $("feed").prepend(item);
    while ($("feed").children.length > MOST_LINES) $("feed").lastChild.remove();
    return item;
  }

  #toast(message, code) {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset.code = code;
    toast.textContent = `${text(code)}: ${message}`;
    $("toasts").append(toast);
    while ($("toasts").children.length > 3) $("toasts").firstChild.remove();
    setTimeout(() => toast.remove(), TOAST_MS);
  }
}

/** @returns {string} a prompt in a few words */
function sayOf(prompt) {
  const said = { remove: "said_remove", undo: "said_undo", select: "said_select", next: "said_next" }[prompt.mode];
  const parts = said ? [text(said)] : [];
  if (prompt.text) parts.push(`“${prompt.text}”`);
  if (prompt.negative_text) parts.push(`${text("said_not")} “${prompt.negative_text}”`);
  for (const [x, y, label] of prompt.points) parts.push(`${text(label ? "said_click" : "said_not")} ${Math.round(x)}, ${Math.round(y)}`);
  if (prompt.boxes.length) parts.push(text("said_box"));
  for (const stroke of prompt.strokes) parts.push(text(stroke.positive ? "said_stroke" : "said_not"));
  if (prompt.instance_id) parts.push(`#${prompt.instance_id}`);
  return parts.join(" · ");
}
