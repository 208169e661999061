// The WebSocket: connects again by itself, reads what comes, sends what is meant.
import { decode } from "./frame.js";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;

/** Sends "frame" and "line" events with a detail each, and "open" and "closed". */
export class Link extends EventTarget {
  #socket = /** @type {?WebSocket} */ (null);
  #retryMs = FIRST_RETRY_MS;
  bytes = 0;

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#tell("open");
    };
    socket.onmessage = (message) => this.#receive(message.data);
    socket.onclose = (closing) => {
      this.#tell("closed", closing.reason);
      setTimeout(() => this.connect(), this.#retryMs);
      this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 1.7);
    };
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** @param {string} type @param {object} [fields] @returns {boolean} whether it could be sent */
  send(type, fields = {}) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify({ type, ...fields }));
    return true;
  }

  /** @param {ArrayBuffer} samples int16, mono, 16 kHz */
  sendSound(samples) {
    if (this.isOpen) this.#socket.send(samples);
  }

  /** @param {string} name @param {object} [fields] */
  command(name, fields = {}) {
    return this.send("command", { name, ...fields });
  }

  async #receive(data) {
    if (typeof data === "string") {
      this.#tell("line", JSON.parse(data));
      return;
    }
    this.bytes += data.byteLength;
    try {
      this.#tell("frame", await decode(data));
    } catch (error) {
      console.error("a picture could not be read", error);
      const length = new DataView(data).getUint32(0, true);
      this.send("ack", { number: JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length))).number });
    }
  }

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
