// The token that the next upload goes under: good for some hours, and for one upload.
const RENEWED_WITHIN_MS = 30_000, MARGIN_MS = 60_000;

export class Token {
  constructor() {
    Object.assign(this, { value: "", url: "", until: 0, spent: new Set(), waiting: [] });
  }

  /** Take note of what the page gave; clocks of two machines are never compared. */
  offer({ token, url, lifetime_s }) {
    if (token === this.value) return;
    Object.assign(this, { value: token, url, until: Date.now() + 1000 * lifetime_s });
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Return { token, url } that may begin an upload, asking the page for another one if need be. */
  async fresh(ask) {
    if (this.spent.has(this.value) || Date.now() > this.until - MARGIN_MS) {
      const renewed = new Promise((resolve, reject) => {
        this.waiting.push(resolve);
        setTimeout(reject, RENEWED_WITHIN_MS, new Error("no token"));
      });
      ask(this.value);
      await renewed;
    }
    this.spent.add(this.value);
    return { token: this.value, url: this.url };
  }
}
