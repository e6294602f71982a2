// Takes pictures out of videos, here in the browser: the video itself is never sent.
const VIDEO = /\.(mp4|m4v|mov|qt|webm|mkv|avi|ogv|3gp|3g2|mpg|mpeg|mpe|wmv|asf|flv|f4v|mts|m2ts|vob|divx)$/i;
const HIDDEN = /(^|\/)(\.|__MACOSX\/)/;
const PATIENCE_MS = 20_000;
const POSTER_PX = 96, QUALITY = 0.92;
export const MOST = 100;

export const isVideo = ({ path, file }) =>
  !HIDDEN.test(path) && (VIDEO.test(path) || (/^video\//.test(file.type) && !/\.ts$/i.test(path)));

/** How many pictures a video of so many seconds gives, one every `everyS`. */
export const countOf = (seconds, everyS) => Math.min(MOST, Math.max(1, Math.floor(seconds / everyS + 1e-6)));

/** The moments they are taken at: the middle of equal stretches, so that the whole video is seen. */
export function momentsOf(seconds, everyS) {
  const count = countOf(seconds, everyS);
  const step = count === MOST ? seconds / count : Math.min(everyS, seconds / count);
  return Array.from({ length: count }, (_, index) => (index + 0.5) * step);
}

/** A video that is open; `end` lets go of it. */
export class Film {
  /** Open a file; rejects where the browser cannot play it. */
  static async open(file, signal) {
    const film = new Film(file);
    try {
      await film.ready(signal);
      return film;
    } catch (error) {
      film.end();
      throw error;
    }
  }

  constructor(file) {
    this.video = document.createElement("video");
    Object.assign(this.video, { muted: true, playsInline: true, preload: "auto" });
    this.video.src = URL.createObjectURL(file);
  }

  get seconds() { return this.video.duration; }

  async ready(signal) {
    await this.until("loadedmetadata", signal);
    if (!this.video.videoWidth) throw new Error("no pictures in it that this browser can decode");
    if (!Number.isFinite(this.video.duration)) await this.measure(signal);
    if (!(this.video.duration > 0)) throw new Error("no length");
    await this.draw(this.video.duration / 3, POSTER_PX, signal); // some only fail when they are to be seen
  }

  /** What a browser recorded says nowhere how long it is: going past its end makes it look. */
  async measure(signal) {
    const found = this.until("durationchange", signal, () => Number.isFinite(this.video.duration));
    this.video.currentTime = 1e9;
    await found;
    await this.seek(0, signal);
  }

  async seek(moment, signal) {
    if (Math.abs(this.video.currentTime - moment) < 1e-4 && this.video.readyState >= 2 && !this.video.seeking) return;
    const there = this.until("seeked", signal);
    this.video.currentTime = moment;
    await there;
    if (this.video.readyState < 2) await this.until("loadeddata", signal, () => this.video.readyState >= 2);
  }

  /** Return what is seen at a moment on a canvas whose longer side is at most `sidePx` (0: as it is). */
  async draw(moment, sidePx, signal) {
    await this.seek(Math.min(moment, Math.max(0, this.video.duration - 1e-3)), signal);
    const { videoWidth: width, videoHeight: height } = this.video;
    const scale = sidePx ? Math.min(1, sidePx / Math.max(width, height)) : 1;
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d", { alpha: false });
    context.imageSmoothingQuality = "high";
    context.drawImage(this.video, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  /** Return the picture at a moment as JPEG. */
  async picture(moment, sidePx, signal) {
    const canvas = await this.draw(moment, sidePx, signal);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (!blob) throw new Error("no picture");
    return blob;
  }

  /** Wait for an event, until it `isSo`; an error of the video, silence or Cancel ends the waiting. */
  until(event, signal, isSo = () => true) {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.video.removeEventListener(event, came);
        this.video.removeEventListener("error", failed);
        signal.removeEventListener("abort", stopped);
        settle(value);
      };
      const came = () => { if (isSo()) done(resolve); };
      const failed = () => done(reject, this.video.error ?? new Error("not playable"));
      const stopped = () => done(reject, signal.reason);
      const timer = setTimeout(() => done(reject, new Error("too slow")), PATIENCE_MS);
      this.video.addEventListener(event, came);
      this.video.addEventListener("error", failed);
      signal.addEventListener("abort", stopped);
    });
  }

  end() {
    URL.revokeObjectURL(this.video.src);
    this.video.removeAttribute("src");
    this.video.load();
  }
}
