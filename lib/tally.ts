/** What a pool has done with its sessions since the beginning. */
export class Tally {
  opened = 0;
  closed = 0;
  reopened = 0;
  writtenOff = 0;
  /** Lost, and not replaced yet. */
  #missing = 0;

  open(): void {
    this.opened++;
    if (this.#missing === 0) return;
    this.#missing--;
    this.reopened++;
  }

  lose(count = 1): void {
    this.#missing += count;
  }
}
