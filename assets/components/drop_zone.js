// Takes files, folders and archives that are dropped or chosen, and tells Python when all is there.
import { isOnlyAddress, isWriting, pictures } from "./carried.js";
import { count, duration, fill, size } from "./figures.js";
import { Lost, Refused, send } from "./send.js";
import { Token } from "./token.js";
import { unfolded } from "./videos.js";
import { entriesOf, listed, walk } from "./walk.js";

const zones = new WeakMap();
const SETTLED_S = 2; // before this a guess at the time left says nothing

/** Draw, again at every run of the page; what is under way goes on. */
export function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".zone");
  if (!zones.has(root)) zones.set(root, new Zone(root));
  zones.get(root).update(data, setTriggerValue);
  return () => setTimeout(() => { if (!root.isConnected) zones.get(root)?.end(); });
}

class Zone {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.token = new Token();
    this.controller = null;
    this.warn = (event) => event.preventDefault();
    const folder = this.find(".folder"), files = this.find(".files");
    for (const input of [folder, files]) {
      input.onchange = () => this.begin(async () => listed(input.files)).finally(() => { input.value = ""; });
    }
    this.find(".cancel").onclick = () => this.controller?.abort();
    root.ondragover = (event) => { event.preventDefault(); root.classList.add("over"); };
    root.ondragleave = (event) => { if (!root.contains(event.relatedTarget)) root.classList.remove("over"); };
    root.ondrop = (event) => {
      event.preventDefault();
      root.classList.remove("over");
      const entries = entriesOf(event.dataTransfer);
      if (!entries.length) entries.push(...pictures(event.dataTransfer, this.words.copied));
      if (!entries.length && isOnlyAddress(event.dataTransfer)) this.say(this.words.only_address);
      else this.begin((signal) => walk(entries, signal, (found) => this.looking(found)));
    };
    this.onPaste = (event) => this.paste(event);
    document.addEventListener("paste", this.onPaste);
  }

  update(data, trigger) {
    Object.assign(this, { data, trigger, words: data.words });
    this.token.offer(data);
    this.find(".drop").textContent = this.words.drop;
    this.find(".of-folder").textContent = this.words.folder;
    this.find(".of-files").textContent = this.words.files;
    this.find(".cancel").textContent = this.words.cancel;
    this.root.classList.toggle("single", data.single !== "");
    this.root.classList.toggle("makes-smaller", data.shrink_to_px > 0);
    this.find(".folder").hidden = this.find(".of-folder").hidden = data.single !== "";
    this.find(".files").multiple = data.single === "";
    this.find(".files").accept = data.single;
    this.find(".prompt").hidden = this.controller !== null; // shown once it listens
  }

  end() {
    document.removeEventListener("paste", this.onPaste);
    zones.delete(this.root);
    this.controller?.abort();
  }

  /** Take a picture, or files, from the clipboard; what is no picture is left to the page. */
  paste(event) {
    if (!this.data?.pastes || !this.root.isConnected || isWriting(event)) return;
    const files = pictures(event.clipboardData, this.words.copied);
    if (!files.length) {
      if (isOnlyAddress(event.clipboardData)) this.say(this.words.only_address);
      return;
    }
    event.preventDefault();
    this.begin((signal) => walk(files, signal));
  }

  say(message) {
    if (!this.controller) this.find(".message").textContent = message;
  }

  async begin(look) {
    if (this.controller) return;
    const { signal } = (this.controller = new AbortController());
    this.show(true);
    this.looking(0);
    window.addEventListener("beforeunload", this.warn);
    let sent = null;
    try {
      const found = await this.withPictures(await look(signal), signal);
      this.check(found);
      sent = await this.token.fresh((old) => this.trigger("renew", old));
      const parts = await this.send(found, sent.url, signal);
      this.show(false, this.words.done);
      // Archives are the first parts; their names are for what may be told about them.
      const archives = found.archives.map((file) => file.name);
      this.trigger("done", { token: sent.token, parts, name: found.name, archives });
    } catch (error) {
      const wasCancelled = signal.aborted;
      this.controller.abort(); // whatever else is still on its way
      if (sent) this.trigger("dropped", sent.token);
      this.show(false, wasCancelled ? this.words.cancelled : this.told(error));
    } finally {
      this.controller = null;
      window.removeEventListener("beforeunload", this.warn);
    }
  }

  /** Let videos become pictures, in between with a choice that takes the place of the progress. */
  async withPictures(found, signal) {
    if (this.data.single) return found;
    const { shrink_to_px: sidePx, into } = this.data;
    const shown = await unfolded(found, this.find(".videos"), {
      sidePx, into, words: this.words,
      onAsk: () => this.tell(found.name || this.words.several, "", 0),
      onLook: (path) => this.tell(fill(this.words.looking_at, { name: path }), "", 0),
      onPicture: (path, done, all) => this.tell(
        fill(this.words.taking, { name: path }), fill(this.words.pictures_of, { done: count(done), all: count(all) }), done / all,
      ),
    }, signal);
    return shown;
  }

  tell(name, figures, share) {
    this.find(".name").textContent = name;
    this.find(".figures").textContent = figures;
    this.find(".fill").style.width = `${100 * share}%`;
  }

  send(found, url, signal) {
    const { suffixes } = this.data, sidePx = this.sidePx(found);
    const wanted = new Set(suffixes);
    const isWanted = (path) => {
      const [, suffix] = path.match(/(\.[^./]+)$/) ?? [];
      return suffix === undefined || wanted.has(suffix.toLowerCase());
    };
    this.find(".name").textContent = found.name || this.words.several;
    const began = performance.now();
    return send(found, { url, sidePx, isWanted }, (progress) => this.draw(progress, began), signal);
  }

  /** Return the longest side of what is sent, 0 for pictures as they are: those, if they may all be sent. */
  sidePx({ files, archives }) {
    const all = [...archives, ...files.map(({ file }) => file)].reduce((sum, { size }) => sum + size, 0);
    return this.data.shrink_to_px || (all > this.data.limit ? this.data.shrink_if_more_to_px : 0);
  }

  check({ files, archives }) {
    if (files.length + archives.length === 0) throw new Refused(this.words.nothing);
    if (this.data.single) this.checkSingle(archives, files);
    const bytes = archives.reduce((sum, file) => sum + file.size, 0);
    const whole = this.sidePx({ files, archives }) ? bytes : files.reduce((sum, { file }) => sum + file.size, bytes);
    if (whole > this.data.limit) {
      throw new Refused(fill(this.words.too_large, { size: size(whole), limit: size(this.data.limit) }));
    }
  }

  /** The one file goes as it is, whatever it is. */
  checkSingle(archives, files) {
    archives.push(...files.splice(0).map(({ file }) => file));
    const fits = archives.length === 1 && archives[0].name.toLowerCase().endsWith(this.data.single);
    if (!fits) throw new Refused(this.words.not_single);
  }

  looking(found) {
    this.find(".name").textContent = this.words.looking;
    this.find(".fill").style.width = "0";
    this.find(".figures").textContent = found ? fill(this.words.found, { count: count(found) }) : "";
  }

  draw({ files, filesDone, bytes, bytesDone, share }, began) {
    const seconds = (performance.now() - began) / 1000;
    const figures = [
      fill(this.words.files_of, { done: count(filesDone), all: count(files) }),
      fill(this.words.bytes_of, { done: size(bytesDone), all: size(bytes) }),
    ];
    if (seconds > SETTLED_S && share > 0) {
      figures.push(fill(this.words.left, { time: duration(seconds / share - seconds) }));
    }
    this.find(".fill").style.width = `${100 * share}%`;
    this.find(".track").setAttribute("aria-valuenow", Math.round(100 * share));
    this.find(".figures").textContent = figures.join(" · ");
  }

  show(isSending, message = "") {
    this.find(".prompt").hidden = isSending;
    this.find(".sending").hidden = !isSending;
    this.find(".message").textContent = message;
  }

  told(error) {
    if (error instanceof Refused) return error.message || this.words.refused;
    if (!(error instanceof Lost)) console.error(error);
    return this.words.lost;
  }
}
