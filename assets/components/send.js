// Sends files as numbered parts of one upload: read by two workers, packed into few large requests.
import { own } from "./own_page.js";
import { Zip } from "./zip.js";

const PART_BYTES = 16 * 1024 * 1024;
const PART_ENTRIES = 60_000; // a plain zip holds fewer than 65,536
const GROUP_FILES = 32, GROUP_BYTES = 4 * 1024 * 1024;
const WORKERS = 2, IN_FLIGHT = 2;
const WHOLE = "graft-originals/"; // see tl_core/intake/originals.py
const WHOLE_EVERY = 10, WHOLE_FILES = 40, WHOLE_BYTES = 48 * 1024 * 1024;
const ATTEMPTS = 6, PATIENCE_MS = 1000;
const ALIVE_EVERY_MS = 20_000; // see ABANDONED_S in tl_core/intake/uploads.py

/** What the server would not take, in its own words. */
export class Refused extends Error {}
/** The server was out of reach for too long. */
export class Lost extends Error {}

/**
 * Send everything; return how many parts there were.
 *
 * found: { files: [{ path, file }], folders: [path], archives: [File] }.
 * options: { url, sidePx (0 leaves pictures as they are), isWanted(path): others go as empty entries }.
 * onProgress: told { files, filesDone, bytes, share } now and then.
 */
export async function send(found, { url, sidePx, isWanted }, onProgress, signal) {
  const progress = new Progress(found, isWanted, onProgress);
  const sender = new Sender(url, progress, signal);
  const alive = setInterval(() => sender.sayAlive(), ALIVE_EVERY_MS);
  const pool = new Pool(WORKERS);
  try {
    for (const archive of found.archives) await sender.put(archive, archive.size, 1);
    await pack(found, { sidePx, isWanted }, pool, sender, progress, signal);
    return await sender.finished();
  } finally {
    clearInterval(alive);
    pool.close();
  }
}

async function pack(found, { sidePx, isWanted }, pool, sender, progress, signal) {
  let zip = new Zip(), source = 0, files = 0;
  const close = async () => {
    if (zip.entries) await sender.put(zip.finish(), source, files);
    zip = new Zip();
    source = files = 0;
  };
  // While one part fills, the workers are already at the next groups; more would only fill the memory.
  const waiting = [];
  const take = async () => {
    const { group, made } = await waiting.shift();
    signal.throwIfAborted();
    for (const [index, { bytes, crc, whole }] of made.entries()) {
      zip.add(group[index].path, bytes, crc);
      if (whole) zip.add(WHOLE + group[index].path, whole.bytes, whole.crc);
      source += group[index].bytes;
      files += 1;
    }
    progress.prepared(group);
    if (zip.size >= PART_BYTES || zip.entries >= PART_ENTRIES) await close();
  };
  for (const folder of found.folders) {
    zip.addFolder(folder);
    if (zip.entries >= PART_ENTRIES) await close();
  }
  const kept = sidePx ? sample(found.files.filter(({ path }) => isWanted(path))) : new Set();
  for (const group of groups(found.files, isWanted)) {
    const isKept = group.map((one) => kept.has(one.path));
    const prepared = pool.run({ files: group.map((one) => one.file), sidePx, isKept });
    prepared.catch(() => {}); // it is awaited below; this only keeps the browser from complaining early
    waiting.push(prepared.then((made) => ({ group, made })));
    if (waiting.length > 2 * WORKERS) await take();
  }
  while (waiting.length) await take();
  await close();
}

/** Return the paths of some files at even distances: those that go whole, too, if they are made smaller. */
function sample(files) {
  const every = Math.max(WHOLE_EVERY, files.length / WHOLE_FILES), kept = new Set();
  let left = WHOLE_BYTES;
  for (let at = every / 2; at < files.length; at += every) {
    const { path, file } = files[Math.floor(at)];
    if (file.size > left) continue;
    left -= file.size;
    kept.add(path);
  }
  return kept;
}

/** What is no picture is only named: the importer counts it, its bytes stay here. */
function* groups(files, isWanted) {
  let group = [], bytes = 0;
  for (const { path, file } of files) {
    const kept = isWanted(path) ? file : new Blob();
    group.push({ path, file: kept, bytes: kept.size });
    bytes += kept.size;
    if (group.length >= GROUP_FILES || bytes >= GROUP_BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
  }
  if (group.length) yield group;
}

/** Workers that take jobs in turn. */
class Pool {
  constructor(count) {
    this.jobs = new Map();
    this.next = 0;
    this.workers = Array.from({ length: count }, () => {
      const worker = new Worker(new URL("./prepare.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data: { id, made } }) => {
        this.jobs.get(id).resolve(made);
        this.jobs.delete(id);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        for (const job of this.jobs.values()) job.reject(new Lost(event.message));
      };
      return worker;
    });
  }

  run(job) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.jobs.set(id, { resolve, reject });
      this.workers[id % this.workers.length].postMessage({ id, ...job });
    });
  }

  close() {
    for (const worker of this.workers) worker.terminate();
  }
}

/** Numbered parts on their way, two at a time; each is tried again until it is there or refused. */
class Sender {
  constructor(url, progress, signal) {
    Object.assign(this, { url, progress, signal, parts: 0, active: new Set(), failed: null });
  }

  /** Wait for a free place, then begin to send. */
  async put(body, source, files) {
    while (this.active.size >= IN_FLIGHT) await Promise.race(this.active);
    if (this.failed) throw this.failed;
    const part = this.parts++;
    const sending = this.attempts(part, body, source)
      .then(() => this.progress.sent(part, source, source, files))
      .catch((error) => { this.failed ??= error; })
      .finally(() => this.active.delete(sending));
    this.active.add(sending);
  }

  async finished() {
    await Promise.all(this.active);
    if (this.failed) throw this.failed;
    return this.parts;
  }

  sayAlive() {
    fetch(this.url, { method: "POST", headers: own() }).catch(() => {});
  }

  async attempts(part, body, source) {
    for (let attempt = 1; ; attempt += 1) {
      const { status, text } = await this.once(part, body, source);
      if (status >= 200 && status < 300) return;
      // It arrived, and only the answer was lost on the way.
      if (status === 409 && attempt > 1) return;
      const isPassing = status === 0 || status === 408 || status === 423 || (status >= 500 && status !== 507);
      if (!isPassing) throw new Refused(refusal(text));
      if (attempt === ATTEMPTS) throw new Lost();
      await pause(PATIENCE_MS * 2 ** (attempt - 1), this.signal);
    }
  }

  once(part, body, source) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const abort = () => request.abort();
      this.signal.addEventListener("abort", abort);
      request.upload.onprogress = ({ loaded, total }) =>
        this.progress.sent(part, source, total ? (source * loaded) / total : 0, 0);
      request.onload = () => resolve({ status: request.status, text: request.responseText });
      request.onerror = () => resolve({ status: 0, text: "" });
      request.onabort = () => reject(this.signal.reason);
      request.onloadend = () => this.signal.removeEventListener("abort", abort);
      this.signal.throwIfAborted();
      request.open("PUT", `${this.url}/${part}`);
      for (const [name, value] of Object.entries(own())) request.setRequestHeader(name, value);
      request.send(body);
    });
  }
}

/** Adds up what was read and what was sent; each is half of the way. */
class Progress {
  constructor({ files, archives }, isWanted, tell) {
    const packed = files.reduce((sum, { path, file }) => sum + (isWanted(path) ? file.size : 0), 0);
    const plain = archives.reduce((sum, { size }) => sum + size, 0);
    this.total = packed + plain;
    this.files = files.length + archives.length;
    this.read = plain;
    this.readFiles = archives.length;
    this.parts = new Map();
    this.tell = tell;
  }

  prepared(group) {
    this.read += group.reduce((sum, one) => sum + one.bytes, 0);
    this.readFiles += group.length;
    this.told();
  }

  sent(part, source, done) {
    this.parts.set(part, Math.min(source, done));
    this.told();
  }

  told() {
    const sent = [...this.parts.values()].reduce((sum, bytes) => sum + bytes, 0);
    const share = this.total ? (this.read + sent) / (2 * this.total) : 1;
    this.tell({ files: this.files, filesDone: this.readFiles, bytes: this.total, bytesDone: sent, share });
  }
}

function refusal(text) {
  try {
    const told = JSON.parse(text);
    return [told.message, told.hint].filter(Boolean).join(" ");
  } catch { return ""; }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}
