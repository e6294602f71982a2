// Records pictures from the camera while a button is held, one class after the other, and sends them.
import { fill } from "./figures.js";
import { Refused, send } from "./send.js";
import { Recording } from "./recording.js";
import { Token } from "./token.js";

const EVERY_MS = 125;
const WIDTH_PX = 640, QUALITY = 0.92;
const booths = new WeakMap();

/** Draw, again at every run of the page; what was recorded stays. */
export function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".booth");
  if (!booths.has(root)) booths.set(root, new Booth(root));
  booths.get(root).update(data, setTriggerValue);
  return () => setTimeout(() => { if (!root.isConnected) booths.get(root)?.end(); });
}

class Booth {
  constructor(root) {
    this.find = (selector) => root.querySelector(selector);
    this.root = root;
    this.token = new Token();
    this.recording = new Recording();
    this.timer = null;
    this.controller = null;
    this.warn = (event) => { if (this.recording.count()) event.preventDefault(); };
    window.addEventListener("beforeunload", this.warn);
    this.find(".on").onclick = () => this.turnOn();
    this.find(".title").oninput = (event) => { this.recording.current.name = event.target.value; this.draw(); };
    this.find(".next").onclick = () => { this.recording.next(); this.draw(); this.find(".title").focus(); };
    this.find(".use").onclick = () => this.use();
    this.listen(this.find(".record"));
  }

  /** A finger, a mouse or the space bar, held down; letting go anywhere ends it. */
  listen(button) {
    const isKey = (event) => event.key === " " || event.key === "Enter";
    button.onpointerdown = (event) => { button.setPointerCapture(event.pointerId); this.hold(); };
    for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
      button.addEventListener(end, () => this.release());
    }
    button.onkeydown = (event) => {
      if (isKey(event)) { event.preventDefault(); if (!event.repeat) this.hold(); }
    };
    button.onkeyup = (event) => { if (isKey(event)) { event.preventDefault(); this.release(); } };
    button.oncontextmenu = (event) => event.preventDefault();
  }

  update(data, trigger) {
    Object.assign(this, { data, trigger, words: data.words });
    this.token.offer(data);
    this.recording.leastClasses = data.least_classes;
    if (!this.recording.count()) this.recording.current.name ||= data.name;
    this.find(".on").textContent = this.words.on;
    this.find(".of-name").textContent = this.words.name;
    this.find(".record").textContent = this.words.record;
    this.find(".next").textContent = this.words.next;
    this.find(".use").textContent = this.words.use;
    this.draw();
  }

  end() {
    this.release();
    this.controller?.abort();
    this.stream?.getTracks().forEach((track) => track.stop());
    window.removeEventListener("beforeunload", this.warn);
    this.recording.forget();
  }

  async turnOn() {
    if (!navigator.mediaDevices) { this.tell(this.words.insecure); return; }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH_PX } }, audio: false });
    } catch (error) {
      this.tell(error.name === "NotFoundError" ? this.words.missing : this.words.forbidden);
      return;
    }
    const video = this.find("video");
    video.srcObject = this.stream;
    await video.play();
    video.hidden = false;
    this.find(".on").hidden = true;
    this.find(".current").hidden = false;
    this.find(".end").hidden = false;
    this.find(".stage").classList.add("live");
    this.tell("");
    this.draw();
    this.find(".title").focus();
  }

  hold() {
    if (this.timer || this.controller || !this.recording.current.name.trim()) return;
    this.recording.beginHold();
    this.find(".stage").classList.add("recording");
    this.timer = setInterval(() => this.take(), EVERY_MS);
    this.take();
  }

  release() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.find(".stage").classList.remove("recording");
    this.draw();
  }

  take() {
    const video = this.find("video");
    if (!video.videoWidth) return;
    const scale = Math.min(1, WIDTH_PX / video.videoWidth);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    const place = this.recording.reserve();
    canvas.toBlob((blob) => { if (blob) { place(blob); this.draw(); } }, "image/jpeg", QUALITY);
  }

  async use() {
    const { signal } = (this.controller = new AbortController());
    let token = "";
    this.find(".track").hidden = false;
    this.draw();
    try {
      const address = await this.token.fresh((old) => this.trigger("renew", old));
      token = address.token;
      const { files, table } = this.recording.packed();
      const parts = await send(
        { files, folders: [], archives: [] }, { url: address.url, sidePx: 0, isWanted: () => true },
        ({ share }) => { this.find(".fill").style.width = `${100 * share}%`; }, signal,
      );
      this.recording.forget();
      this.trigger("done", { token, parts, name: "", table });
      this.tell(this.words.done);
    } catch (error) {
      if (token) this.trigger("dropped", token);
      if (!signal.aborted) this.tell(error instanceof Refused && error.message ? error.message : this.words.lost);
    } finally {
      this.controller = null;
      this.find(".track").hidden = true;
      this.draw();
    }
  }

  tell(text) {
    this.find(".message").textContent = text;
  }

  draw() {
    const { current, classes } = this.recording;
    const isNamed = Boolean(current.name.trim());
    if (document.activeElement !== this.find(".title") && this.find(".title").value !== current.name) {
      this.find(".title").value = current.name;
    }
    this.find(".record").disabled = !isNamed || this.controller !== null;
    this.find(".next").disabled = !isNamed || current.frames.length === 0;
    this.find(".badge").hidden = current.frames.length === 0;
    this.find(".badge").textContent = String(current.frames.length);
    const problem = this.recording.problem();
    this.find(".use").disabled = problem !== "" || this.controller !== null;
    this.find(".hint").textContent = isNamed ? fill(this.words[problem] ?? "", this.recording.numbers()) : this.words.unnamed;
    this.find(".classes").replaceChildren(...classes.filter((one) => one.frames.length).map((one) => this.group(one)));
  }

  /** One class: its name (click to add to it), how much there is, and its pictures (click to delete). */
  group(one) {
    const group = document.createElement("div");
    group.className = one === this.recording.current ? "group chosen" : "group";
    const head = document.createElement("div"), name = document.createElement("button"), told = document.createElement("span");
    head.className = "head";
    name.type = "button";
    name.textContent = one.name;
    name.onclick = () => { this.recording.current = one; this.find(".title").value = one.name; this.draw(); };
    told.textContent = fill(this.words.counted, { count: one.frames.length, holds: one.holds });
    head.append(name, told);
    const frames = document.createElement("div");
    frames.className = "frames";
    frames.append(...one.frames.map((frame, index) => this.thumbnail(one, frame, index)));
    group.append(head, frames);
    return group;
  }

  thumbnail(one, frame, index) {
    if (frame.button) return frame.button; // made once: a second of recording redraws eight times
    const button = document.createElement("button"), image = document.createElement("img");
    button.type = "button";
    button.title = this.words.remove;
    button.setAttribute("aria-label", fill(this.words.remove_this, { number: index + 1, name: one.name }));
    button.onclick = () => { this.recording.remove(one, frame); this.draw(); };
    image.src = frame.url;
    image.alt = "";
    button.append(image);
    return (frame.button = button);
  }
}
