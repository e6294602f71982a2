// The live camera of Try it: the mirrored video, and beside it what the model says of the newest frame, in place.
import { count, fill } from "./figures.js";
import { Frames, pictureOf } from "./live_frames.js";

const SAY_EVERY_MS = 1000, SPEED_OVER_MS = 3000;
const LEAST_SIDE_PX = 240; // the shorter side of a frame: 320 x 240, unless the network sees more
const STILL_PX = 1080, STILL_QUALITY = 0.92;
const cameras = new WeakMap();

/** Draw, again at every run of the page; the camera stays on. */
export function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".live-camera");
  if (!cameras.has(root)) cameras.set(root, new Camera(root));
  cameras.get(root).update(data, setTriggerValue);
  return () => setTimeout(() => { if (!root.isConnected) cameras.get(root)?.end(); });
}

class Camera {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.video = this.find("video");
    this.stream = null;
    this.answered = null; // the frame that the answer on the page is of
    this.times = [];
    this.said = { text: "", at: 0, timer: 0 };
    this.frames = new Frames(this.video, () => this.data.url, () => Math.max(LEAST_SIDE_PX, this.data.input_px), {
      answer: (told, frame) => this.answer(told, frame),
      stage: (name) => this.tell(this.words[name] ?? ""),
      refused: (told) => this.refused(told),
      lost: () => this.tell(this.words.lost),
    });
    this.left = () => { if (this.stream) this.frames.leave(); };
    window.addEventListener("pagehide", this.left);
    const act = { on: () => this.turnOn(), off: () => this.turnOff(), pause: () => this.toggle(), take: () => this.take(),
      freeze: () => this.freeze(), other: () => this.another(), again: () => this.again() };
    for (const [name, does] of Object.entries(act)) this.find(`.${name}`).onclick = does;
  }

  update(data, trigger) {
    Object.assign(this, { data, trigger, words: data.words });
    for (const name of ["on", "off", "take", "freeze", "other", "about", "again"]) this.find(`.${name}`).textContent = this.words[name];
    this.find(".told").setAttribute("aria-label", this.words.answer);
    this.video.setAttribute("aria-label", this.words.video);
    this.draw();
  }

  end() {
    window.removeEventListener("pagehide", this.left);
    if (this.stream) this.turnOff();
  }

  async turnOn(device) {
    if (!navigator.mediaDevices || !window.isSecureContext) { this.tell(this.words.insecure); return; }
    this.find(".on").disabled = true;
    try {
      const wanted = device ? { deviceId: { exact: device } } : { facingMode: "user" };
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { ...wanted, width: { ideal: 1280 } }, audio: false });
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.turnOff();
      this.tell(this.words[FAULTS[error.name] ?? "forbidden"]);
      return;
    } finally {
      this.find(".on").disabled = false;
    }
    if (!this.root.isConnected) { this.turnOff(); return; } // the page was left meanwhile
    const [track] = this.stream.getVideoTracks();
    track.onended = () => { this.turnOff(); this.tell(this.words.unplugged); };
    this.root.classList.toggle("mirrored", track.getSettings().facingMode !== "environment");
    this.devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
    this.go();
    this.find(".pause").focus();
  }

  turnOff() {
    this.frames.leave();
    this.stream?.getTracks().forEach((track) => { track.onended = null; track.stop(); });
    this.stream = this.video.srcObject = null;
    this.forget();
    this.tell("");
    this.draw();
  }

  another() {
    const now = this.stream.getVideoTracks()[0].getSettings().deviceId;
    const place = this.devices.findIndex(({ deviceId }) => deviceId === now);
    const next = this.devices[(place + 1) % this.devices.length].deviceId;
    this.turnOff();
    this.turnOn(next);
  }

  toggle() {
    if (this.frames.isRunning) this.halt("paused"); else this.go();
  }

  /** Answer what is seen from now on. */
  go() {
    this.state = "live";
    this.find(".again").hidden = true;
    this.find(".still").hidden = true;
    this.tell(this.answered ? "" : this.words.starting);
    this.video.play();
    this.frames.start();
    this.draw();
  }

  halt(state) {
    this.frames.stop();
    this.state = state;
    this.video.pause();
    this.times = [];
    this.draw();
  }

  again() {
    this.tell("");
    this.go();
  }

  refused({ message, hint }) {
    this.tell([message, hint].filter(Boolean).join(" ") || this.words.failed);
    this.forget();
    this.halt("paused");
    this.find(".again").hidden = false;
    this.find(".again").focus();
  }

  async take() {
    const picture = await pictureOf(this.video, document.createElement("canvas"), STILL_PX, STILL_QUALITY);
    if (picture) this.hand(picture, false);
  }

  /** Hold on to the frame that the answer is of, and have that very frame explained. */
  async freeze() {
    const frame = this.answered;
    this.halt("frozen");
    const canvas = this.find(".still"), image = await createImageBitmap(frame);
    Object.assign(canvas, { width: image.width, height: image.height, hidden: false });
    canvas.getContext("2d").drawImage(image, 0, 0);
    this.draw();
    this.hand(frame, true);
    this.tell(this.words.frozen);
  }

  async hand(picture, why) {
    this.trigger("still", { content: await encoded(picture), why, once: performance.now() });
  }

  answer(told, frame) {
    this.answered = frame;
    const now = performance.now();
    this.times = [...this.times.filter((at) => at > now - SPEED_OVER_MS), now];
    this.root.dataset.answers = Number(this.root.dataset.answers ?? 0) + 1;
    this.tell("");
    this.root.classList.toggle("unknown", told.is_unknown);
    this.find(".heading").textContent = told.heading;
    fitted(this.find(".bars"), told.bars.length * 3, (place) => document.createElement(place % 3 ? "dd" : "dt"));
    told.bars.forEach((bar, place) => this.bar(bar, [...this.find(".bars").children].slice(3 * place, 3 * place + 3)));
    fitted(this.find(".notes"), told.notes.length, () => document.createElement("li"));
    told.notes.forEach((note, place) => { this.find(".notes").children[place].textContent = note; });
    this.say(told.is_unknown ? told.notes[0] : told.heading);
    this.draw();
  }

  bar({ name, share, told, colour, is_given: isGiven }, [title, place, value]) {
    title.textContent = name;
    title.className = isGiven ? "given" : "";
    if (!place.firstChild) {
      place.append(Object.assign(document.createElement("div"), { className: "track" }));
      place.firstChild.append(Object.assign(document.createElement("div"), { className: "fill" }));
    }
    const fillOf = place.firstChild.firstChild;
    fillOf.style.transform = `scaleX(${share})`;
    fillOf.style.background = colour;
    value.textContent = told;
    value.className = isGiven ? "share given" : "share";
  }

  forget() {
    this.answered = null;
    this.times = [];
    this.root.classList.remove("unknown");
    this.find(".heading").textContent = this.find(".speed").textContent = "";
    this.find(".bars").replaceChildren();
    this.find(".notes").replaceChildren();
    this.find(".still").hidden = true;
  }

  /** One answer a second is read aloud, and only one that is new. */
  say(text) {
    clearTimeout(this.said.timer);
    if (text === this.said.text) return;
    const speak = () => {
      Object.assign(this.said, { text, at: performance.now() });
      this.find(".aloud").textContent = text;
    };
    const rest = this.said.at + SAY_EVERY_MS - performance.now();
    if (rest <= 0) speak(); else this.said.timer = setTimeout(speak, rest);
  }

  tell(text) {
    if (this.find(".message").textContent !== text) this.find(".message").textContent = text;
  }

  draw() {
    const isOn = this.stream !== null;
    const isLive = isOn && this.frames.isRunning;
    this.video.hidden = !isOn || !this.find(".still").hidden;
    this.find(".on").hidden = isOn;
    this.find(".buttons").hidden = !isOn;
    this.find(".about").hidden = isOn;
    this.find(".stage").classList.toggle("live", isOn);
    this.find(".stage").classList.toggle("asking", isLive);
    this.find(".pause").textContent = isLive ? this.words.pause : this.words.resume;
    this.find(".take").disabled = this.state === "frozen";
    this.find(".freeze").disabled = !isLive || !this.answered;
    this.find(".other").hidden = (this.devices?.length ?? 0) < 2;
    this.find(".badge").hidden = !isOn || isLive;
    this.find(".badge").textContent = this.words.paused;
    const over = this.times.length > 1 ? (this.times.at(-1) - this.times[0]) / 1000 : 0;
    this.find(".speed").textContent = isLive && over ? fill(this.words.speed, { count: count(Math.round((this.times.length - 1) / over)) }) : "";
  }
}

const FAULTS = { NotAllowedError: "forbidden", SecurityError: "forbidden", NotFoundError: "missing", OverconstrainedError: "missing",
  NotReadableError: "busy", AbortError: "busy" };

/** Give a parent just so many children, keeping those that are there. */
function fitted(parent, wanted, make) {
  while (parent.children.length > wanted) parent.lastChild.remove();
  while (parent.children.length < wanted) parent.append(make(parent.children.length));
}

function encoded(blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(blob);
  });
}
