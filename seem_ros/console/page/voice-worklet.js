// Collects sound in blocks of 60 ms and hands them on as int16.

const BLOCK = 960;

class VoiceProcessor extends AudioWorkletProcessor {
  #block = new Int16Array(BLOCK);
  #filled = 0;

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    for (const sample of inputs[0][0] ?? []) {
      this.#block[this.#filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.#filled === BLOCK) {
        this.port.postMessage(this.#block.buffer, [this.#block.buffer]);
        this.#block = new Int16Array(BLOCK);
        this.#filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("voice", VoiceProcessor);
