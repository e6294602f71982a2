// Frames of a camera on their way to the server: one at a time, always the newest, none while nobody can see it.
import { own } from "./own_page.js";

const EVERY_MS = 100; // ten a second are as many as a person can follow
const NOT_READY_MS = 400, BUSY_MS = 200, LOST_MS = 1000, PATIENCE_MS = 30_000;
const UNREADABLE = 5, QUALITY = 0.9;
const BUSY = 429, CANNOT_BE_OPENED = 422, ON_ITS_WAY = 202;

export class Frames {
  /**
   * video: what is sent. address(): where to. sidePx(): of the shorter side.
   * on: { answer(told, frame), stage(name), refused({ message, hint }), lost() }.
   */
  constructor(video, address, sidePx, on) {
    Object.assign(this, { video, address, sidePx, on, controller: null, canvas: document.createElement("canvas") });
  }

  get isRunning() { return this.controller !== null; }

  /** Send frames until `stop`. */
  async start() {
    if (this.controller) return;
    const { signal } = (this.controller = new AbortController());
    let unreadable = 0;
    while (!signal.aborted) {
      await visible(signal);
      const began = performance.now();
      const frame = await pictureOf(this.video, this.canvas, this.sidePx(), QUALITY);
      if (signal.aborted) return;
      if (!frame) { await pause(EVERY_MS, signal); continue; }
      const { status, told } = await this.sent(frame, signal);
      if (signal.aborted) return;
      unreadable = status === CANNOT_BE_OPENED ? unreadable + 1 : 0;
      if (status === 200) this.on.answer(told, frame);
      else if (status === ON_ITS_WAY) { this.on.stage(told.stage); await pause(NOT_READY_MS, signal); }
      else if (status === BUSY) await pause(BUSY_MS, signal);
      else if (status === 0) { this.on.lost(); await pause(LOST_MS, signal); }
      else if (status !== CANNOT_BE_OPENED || unreadable >= UNREADABLE) {
        this.controller = null;
        this.on.refused(told);
        return;
      }
      await pause(EVERY_MS - (performance.now() - began), signal);
    }
  }

  stop() {
    this.controller?.abort();
    this.controller = null;
  }

  /** Tell the server that nobody looks any more, also while the page closes. */
  leave() {
    this.stop();
    fetch(this.address(), { method: "DELETE", headers: own(), keepalive: true }).catch(() => {});
  }

  async sent(frame, signal) {
    const request = new AbortController(), abort = () => request.abort();
    const timer = setTimeout(abort, PATIENCE_MS);
    signal.addEventListener("abort", abort);
    try {
      const answer = await fetch(this.address(), { method: "POST", body: frame, headers: own(), signal: request.signal });
      const told = await answer.json().catch(() => ({}));
      return { status: answer.status, told };
    } catch {
      return { status: 0, told: {} };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }
}

/** Return what a video shows as a JPEG whose shorter side has at most so many pixels; null before it shows anything. */
export function pictureOf(video, canvas, sidePx, quality) {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || !height) return Promise.resolve(null);
  const scale = Math.min(1, sidePx / Math.min(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

function visible(signal) {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => { if (!document.hidden || signal.aborted) { document.removeEventListener("visibilitychange", look); resolve(); } };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look, { once: true });
  });
}

function pause(milliseconds, signal) {
  if (milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
