// Push to talk: the microphone, at 16 kHz and mono, while a button or a key is held.
import { text } from "./texts.js";

export class Voice {
  #page;
  #context = null;
  #stream = null;
  #isHeld = false;

  /** @param {HTMLButtonElement} button @param {object} page see main.js */
  constructor(button, page) {
    this.#page = page;
    this.button = button;
    button.addEventListener("pointerdown", (event) => {
      button.setPointerCapture(event.pointerId);
      this.start();
    });
    for (const end of ["pointerup", "pointercancel"]) button.addEventListener(end, () => this.stop());
    button.addEventListener("keydown", (event) => event.key === " " && !event.repeat && this.start());
    button.addEventListener("keyup", (event) => event.key === " " && this.stop());
  }

  async start() {
    if (this.#isHeld || !this.#page.abilities.has("talk")) return;
    if (!navigator.mediaDevices) {
      this.#page.feed.warn(text("talk_insecure"));
      return;
    }
    this.#isHeld = true;
    try {
      await this.#open();
    } catch (error) {
      this.#isHeld = false;
      this.#close();
      this.#page.feed.warn(text("talk_refused") + error.message);
      return;
    }
    if (!this.#isHeld) return this.#close(); // let go before the microphone was there
    this.#page.link.send("talk", { on: true });
    this.button.setAttribute("aria-pressed", "true");
  }

  stop() {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.button.setAttribute("aria-pressed", "false");
    this.#close();
    this.#page.link.send("talk", { on: false });
  }

  /** A context of 16 kHz lets the browser convert, with its own filters. */
  async #open() {
    this.#stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    this.#context = new AudioContext({ sampleRate: 16000 });
    await this.#context.audioWorklet.addModule("voice-worklet.js");
    const worklet = new AudioWorkletNode(this.#context, "voice");
    worklet.port.onmessage = (message) => this.#isHeld && this.#page.link.sendSound(message.data);
    this.#context.createMediaStreamSource(this.#stream).connect(worklet);
  }

  #close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#context?.close();
    this.#stream = this.#context = null;
  }
}
