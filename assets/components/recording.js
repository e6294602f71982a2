// Pictures recorded so far: classes, the times the button was held, and the stretches these are cut into.
const LEAST_PICTURES = 12, LEAST_HOLDS = 3;
const STRETCH = 16; // two seconds: longer ones leave too few to divide, shorter ones look too much alike
const PARTS = 3; // training, validation and test each get at least one stretch

export class Recording {
  constructor() {
    this.classes = [];
    this.leastClasses = 2;
    this.next();
  }

  next() {
    this.current = { name: "", frames: [], holds: 0 };
    this.classes.push(this.current);
  }

  beginHold() {
    this.current.holds += 1;
  }

  /** Keep a place for a picture that is still being compressed; returns what puts it there. */
  reserve() {
    const one = this.current, hold = one.holds;
    return (blob) => one.frames.push({ blob, hold, url: URL.createObjectURL(blob) });
  }

  remove(one, frame) {
    URL.revokeObjectURL(frame.url);
    one.frames = one.frames.filter((other) => other !== frame);
  }

  forget() {
    for (const { frames } of this.classes) for (const { url } of frames) URL.revokeObjectURL(url);
    this.classes = [];
    this.next();
  }

  count() {
    return this.classes.reduce((sum, { frames }) => sum + frames.length, 0);
  }

  filled() {
    return this.classes.filter(({ frames }) => frames.length > 0);
  }

  /** Name what is still missing, "" when everything may be sent. */
  problem() {
    const filled = this.filled();
    if (this.current.frames.length < LEAST_PICTURES) return "more_pictures";
    if (this.current.holds < LEAST_HOLDS) return "more_holds";
    if (filled.some(({ frames, holds }) => frames.length < LEAST_PICTURES || holds < LEAST_HOLDS)) return "others_short";
    const names = new Set(filled.map(({ name }) => name.trim()));
    if (names.has("") || names.size < filled.length) return "same_name";
    return names.size < this.leastClasses ? "more_classes" : "";
  }

  numbers() {
    const { name, frames, holds } = this.current;
    return { name, pictures: LEAST_PICTURES - frames.length, holds: LEAST_HOLDS - holds };
  }

  /** Return the files to send and a table (JSON lines) with the class and the stretch of each. */
  packed() {
    const files = [], lines = [];
    this.filled().forEach(({ name, frames }, number) => {
      const length = Math.max(1, Math.min(STRETCH, Math.floor(frames.length / PARTS)));
      const taken = new Map();
      for (const { blob, hold } of frames) {
        const place = taken.get(hold) ?? 0;
        taken.set(hold, place + 1);
        const path = `${number + 1}/${hold}-${String(place + 1).padStart(4, "0")}.jpg`;
        files.push({ path, file: blob });
        lines.push(JSON.stringify({
          file: path, label: name.trim(), group: `${number + 1}/${hold}/${Math.floor(place / length) + 1}`,
        }));
      }
    });
    return { files, table: lines.join("\n") };
  }
}
