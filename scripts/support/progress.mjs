// A progress bar that fits the terminal, and a few plain lines where there is none.

/** Shows how much of `total` is done. */
export class Progress {
  #total;
  #stream;
  #quarter = 0;
  #shown = '';

  /** @param {number} total @param {NodeJS.WritableStream & { isTTY?: boolean, columns?: number }} stream */
  constructor(total, stream = process.stdout) {
    this.#total = total;
    this.#stream = stream;
  }

  update(done, what) {
    if (this.#stream.isTTY) {
      // Two hundred steps are smooth enough, and cost the signing nothing.
      if (done % Math.ceil(this.#total / 200) === 0 || done === this.#total) this.#draw(done, what);
    } else if (Math.floor((done / this.#total) * 4) > this.#quarter) {
      this.#quarter = Math.floor((done / this.#total) * 4);
      this.#stream.write(`  ${done} of ${this.#total}\n`);
    }
  }

  #draw(done, what) {
    const text = ` ${String(done).padStart(String(this.#total).length)}/${this.#total} ${what}`;
    // One column stays free: a full line would wrap in some terminals.
    const room = Math.max(0, Math.min(40, (this.#stream.columns || 80) - text.length - 3));
    const filled = Math.round((done / this.#total) * room);
    const bar = room > 4 ? `[${'='.repeat(filled)}${' '.repeat(room - filled)}]` : '';
    const line = `${bar}${text}`.slice(0, (this.#stream.columns || 80) - 1);
    if (line === this.#shown) return;
    this.#shown = line;
    this.#stream.write(`\r${line}\x1b[K`);
  }

  /** Removes the bar. */
  end() {
    if (this.#stream.isTTY && this.#shown !== '') this.#stream.write('\r\x1b[K');
  }
}
