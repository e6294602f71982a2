// Videos among what was dropped become pictures: which, how many and of what class is asked first.
import { count, fill } from "./figures.js";
import { Film, MOST, countOf, isVideo, momentsOf } from "./frames.js";

const EVERY_S = [0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 60];
const USUAL = EVERY_S.indexOf(1);
const LEAST_OF_A_CLASS = 3; // one for each part

/**
 * Return `found` with pictures in the place of videos; as it is where there are none.
 *
 * panel: the element to ask in. options: { sidePx, into (the class of all, or ""), words, onLook(name), onAsk(), onPicture(name, done, all) }.
 */
export async function unfolded(found, panel, options, signal) {
  const videos = found.files.filter(isVideo);
  if (!videos.length) return found;
  const others = found.files.filter((one) => !isVideo(one));
  const known = await looked(videos, options, signal);
  options.onAsk();
  const isRestEmpty = !others.length && !found.archives.length;
  const chosen = await new Panel(panel, known, { ...options, isRestEmpty, only: onlyFolder(found) }).asked(signal);
  if (!chosen) return { ...found, files: others };
  const taken = await pictures(chosen, options, signal);
  const silent = known.filter(({ fault }) => fault).map(({ path, file }) => ({ path, file }));
  const files = [...others, ...silent, ...taken].sort((one, other) => (one.path < other.path ? -1 : 1));
  return { ...found, files };
}

/** Open each once: how long it is and what it looks like, or why it cannot be played. */
async function looked(videos, { onLook, words }, signal) {
  const known = [];
  for (const { path, file } of videos) {
    onLook(path);
    const one = { path, file, seconds: 0, poster: null, fault: "" };
    try {
      const film = await Film.open(file, signal);
      one.seconds = film.seconds;
      one.poster = await film.draw(film.seconds / 3, 96, signal);
      film.end();
    } catch {
      signal.throwIfAborted();
      one.fault = words.unplayable;
    }
    known.push(one);
  }
  return known;
}

async function pictures(chosen, { sidePx, onPicture }, signal) {
  const all = chosen.reduce((sum, { moments }) => sum + moments.length, 0);
  const taken = [];
  for (const { path, file, moments } of chosen) {
    const film = await Film.open(file, signal);
    try {
      for (const [index, moment] of moments.entries()) {
        onPicture(path, taken.length, all);
        const picture = await film.picture(moment, sidePx, signal);
        // The name keeps all of one video together: see `tl_core/intake/videos.py`.
        taken.push({ path: `${path}-${String(index + 1).padStart(4, "0")}.jpg`, file: picture });
      }
    } finally {
      film.end();
    }
  }
  return taken;
}

/** Return the one folder that everything lies in: it tells no class apart, "" where there are several. */
function onlyFolder({ files, archives }) {
  const folders = new Set(files.map(({ path }) => folderOf(path)));
  return folders.size === 1 && !archives.length ? [...folders][0] : "";
}

const folderOf = (path) => path.split("/").slice(0, -1).join("/");
const nameOf = (path) => path.split("/").at(-1);

/** Return a class as the name of a folder: no other folder, nothing hidden. */
const asFolder = (name) => name.trim().replace(/[/\\]/g, "-").replace(/^[.~]+/, "").trim();

class Panel {
  constructor(root, known, { words, into, isRestEmpty, only }) {
    Object.assign(this, { root, known, words, into, isRestEmpty });
    this.usable = known.filter(({ fault }) => !fault);
    for (const one of this.usable) {
      const folder = folderOf(one.path);
      one.name = folder && folder !== only ? nameOf(folder) : "";
    }
  }

  /** Draw, and wait for the choice: a list of { path, file, moments }, null to leave videos out. */
  asked(signal) {
    return new Promise((resolve, reject) => {
      const settle = (how, value) => {
        signal.removeEventListener("abort", stopped);
        this.root.hidden = true;
        this.root.replaceChildren();
        how(value);
      };
      const stopped = () => settle(reject, signal.reason);
      signal.addEventListener("abort", stopped);
      this.draw({
        take: () => settle(resolve, this.chosen()),
        leave: () => settle(resolve, null),
      });
      this.root.hidden = false;
      this.root.querySelector("input, button")?.focus();
    });
  }

  get everyS() { return EVERY_S[this.slider.value]; }

  chosen() {
    return this.usable.map((one) => ({
      path: this.pathOf(one), file: one.file, moments: momentsOf(one.seconds, this.everyS),
    }));
  }

  /** The class stands as a folder before the name, where it is not there already. */
  pathOf({ path, name }) {
    const folder = asFolder(name);
    if (this.into || !folder) return path;
    const above = folderOf(path).split("/").slice(0, -1);
    return nameOf(folderOf(path)) === folder ? path : [...above, folder, nameOf(path)].filter(Boolean).join("/");
  }

  draw({ take, leave }) {
    const { words } = this;
    const title = made("h3", { className: "title", textContent: words.videos });
    this.slider = made("input", { type: "range", id: "every", min: 0, max: EVERY_S.length - 1, step: 1, value: USUAL });
    this.every = made("output", { className: "every" });
    this.every.htmlFor = "every";
    const label = made("label", { htmlFor: "every", textContent: words.how_many });
    this.total = made("p", { className: "total" });
    this.total.setAttribute("aria-live", "polite");
    const list = made("ul", { className: "films" });
    const brokenFirst = [...this.known].sort((one, other) => Boolean(other.fault) - Boolean(one.fault));
    list.append(...brokenFirst.map((one) => this.row(one)));
    this.hint = made("p", { className: "hint" });
    this.use = made("button", { type: "button", className: "take", onclick: take });
    const out = made("button", { type: "button", className: "leave", textContent: words.leave_videos, onclick: leave });
    out.hidden = this.isRestEmpty;
    const buttons = made("div", { className: "buttons" });
    buttons.append(this.use, out);
    const choice = made("div", { className: "choice" });
    choice.append(label, this.every, this.slider);
    this.slider.oninput = () => this.count();
    this.root.replaceChildren(title, ...(this.usable.length ? [choice, this.total] : []), list, this.hint, buttons);
    this.count();
  }

  row(one) {
    const row = made("li", { className: one.fault ? "film broken" : "film" });
    const about = made("div", { className: "about" });
    about.append(made("span", { className: "file", textContent: nameOf(one.path), title: one.path }));
    one.line = made("span", { className: "line2", textContent: one.fault });
    about.append(one.line);
    if (one.poster) {
      one.poster.setAttribute("role", "img");
      one.poster.setAttribute("aria-label", nameOf(one.path));
      row.append(one.poster);
    }
    row.append(about);
    if (!one.fault && !this.into) {
      const input = made("input", { type: "text", className: "of", value: one.name, placeholder: this.words.class_of, maxLength: 100 });
      input.setAttribute("aria-label", fill(this.words.class_of_video, { name: nameOf(one.path) }));
      input.oninput = () => { one.name = input.value; this.count(); };
      row.append(input);
    }
    return row;
  }

  count() {
    const { words } = this;
    let all = 0;
    const each = new Map();
    for (const one of this.usable) {
      const pictures = countOf(one.seconds, this.everyS);
      all += pictures;
      const isMost = one.seconds / this.everyS >= MOST + 1;
      one.line.textContent = fill(isMost ? words.video_most : words.video_about, {
        time: length(one.seconds), count: count(pictures), every: figure(one.seconds / pictures),
      });
      const name = asFolder(one.name) || this.into;
      each.set(name, (each.get(name) ?? 0) + 1);
    }
    this.every.textContent = figure(this.everyS);
    this.slider.setAttribute("aria-valuetext", this.every.textContent);
    this.total.textContent = fill(words.pictures_in_all, { count: count(all), videos: count(this.usable.length) });
    this.use.textContent = this.usable.length ? fill(words.take_pictures, { count: count(all) }) : words.go_on;
    const isUnnamed = !this.into && this.usable.some(({ name }) => !asFolder(name));
    this.use.disabled = isUnnamed || (!this.usable.length && this.isRestEmpty);
    this.use.hidden = !this.usable.length;
    const isShort = [...each.values()].some((videos) => videos < LEAST_OF_A_CLASS);
    this.hint.textContent = isUnnamed ? words.name_class : this.usable.length && isShort ? words.one_part : "";
  }
}

const length = (seconds) => (seconds < 90 ? figure(seconds) : `${Math.round(seconds / 60)}\u202fmin`);
const figure = (seconds) => `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)}\u202fs`;

function made(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
