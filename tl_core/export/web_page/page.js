// The page: loads the model that lies in it, shows a camera or files, and says what the model says of them.
const SAY_EVERY_MS = 1500, MOST_BARS = 8, SPEED_OF = 10, MOST_NAMED = 8, FIRST_NAMED = 5;
const told = JSON.parse(document.getElementById("told").textContent);
const language = navigator.languages.map((name) => name.split("-")[0]).find((name) => told.words[name]) ?? "en";
const words = told.words[language];
const find = (selector) => document.querySelector(selector);
const video = find("video"), still = find("img");
for (const each of Object.values(told.known ?? {}))
  if (each.data) each.data = new Float32Array(Uint8Array.from(atob(each.data), (letter) => letter.charCodeAt(0)).buffer);
let session, runtimeVersion = "", stream = null, devices = [], shown = 0, saidAt = 0, times = [];

/** Fill a sentence: "{count} wrong" and { count: 3 } give "3 wrong". */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
/** Write a share as the app does, in every language: "92 %" with a narrow space that does not break. */
const percent = (share) => `${Math.round(100 * share)}\u202f%`;
const number = (value) => new Intl.NumberFormat(language, { maximumSignificantDigits: 4 }).format(value);

async function bytesOf(id) {
  const element = document.getElementById(id);
  const text = atob(element.textContent);
  element.remove(); // it is large
  const packed = new Uint8Array(text.length);
  for (let k = 0; k < packed.length; k++) packed[k] = text.charCodeAt(k);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function load() {
  const address = URL.createObjectURL(new Blob([await bytesOf("runtime")], { type: "text/javascript" }));
  const ort = await import(address);
  runtimeVersion = ort.env.versions.web;
  Object.assign(ort.env.wasm, { numThreads: 1, proxy: false, wasmBinary: await bytesOf("wasm") });
  session = await ort.InferenceSession.create(await bytesOf("model"), { executionProviders: ["wasm"] });
  session.tensor = (pixels) => new ort.Tensor("uint8", pixels, [1, told.size, told.size, 3]);
}

/** Answer for a file, a video or a canvas. */
async function answer(source) {
  return answerFor(fitted(await opened(source), told));
}

async function answerFor(pixels) {
  const outputs = await session.run({ [session.inputNames[0]]: session.tensor(pixels) });
  const answers = Array.from(outputs.answers.data);
  const strange = told.known !== null && isUnknown(Array.from(outputs.features.data), answers, told.known, told.doubtCounts);
  return { answers, isUnknown: strange };
}

/** What an answer is in a few words. */
function labelOf({ answers, isUnknown: strange }) {
  if (strange) return words.unknown;
  if (told.kind === "numbers") return answers.map((value, k) => `${told.names[k]}: ${number(value)}`).join(" · ");
  if (told.kind === "labels") return told.names.filter((_, k) => answers[k] >= told.thresholds[k]).join(", ") || words.nothing;
  return told.names[answers.indexOf(Math.max(...answers))];
}

function show(reply, note = "") {
  find(".told").hidden = false;
  find(".label").textContent = labelOf(reply);
  find(".note").hidden = !note && !reply.isUnknown;
  find(".note").textContent = note || (reply.isUnknown ? words.strange : "");
  find(".bars").replaceChildren(...bars(reply));
}

function bars({ answers, isUnknown: strange }) {
  if (told.kind === "numbers") return [];
  const best = answers.indexOf(Math.max(...answers));
  let order = answers.map((_, k) => k);
  // A few keep their places, so that nothing jumps while the camera is on.
  if (order.length > MOST_BARS) order = order.sort((a, b) => answers[b] - answers[a]).slice(0, MOST_BARS);
  return order.map((k) => {
    const isGiven = !strange && (told.kind === "labels" ? answers[k] >= told.thresholds[k] : k === best);
    const [line, name, value, track, fillOf] = ["li", "span", "span", "span", "span"].map((kind) => document.createElement(kind));
    name.className = isGiven ? "name given" : "name";
    name.textContent = told.names[k];
    value.className = "value";
    value.textContent = percent(answers[k]);
    track.className = "track";
    fillOf.style.width = `${100 * answers[k]}%`;
    track.append(fillOf);
    line.append(name, value, track);
    return line;
  });
}

/** Tell those who cannot see the page, not too often. */
function say(text) {
  if (performance.now() - saidAt < SAY_EVERY_MS || find(".aloud").textContent === text) return;
  saidAt = performance.now();
  find(".aloud").textContent = text;
}

function tell(text) {
  find(".state").textContent = text;
}

// Files

async function take(files) {
  turnOff();
  const several = [...files], mine = ++shown;
  find(".several").replaceChildren();
  find(".several").hidden = several.length < 2;
  for (const [place, file] of several.entries()) {
    if (several.length > 1) tell(fill(words.reading, { done: place + 1, total: several.length }));
    const reply = await look(file);
    if (mine !== shown) return; // other files came meanwhile
    if (several.length > 1) find(".several").append(lineOf(file, reply));
    if (place === 0) display(file, reply);
  }
  if (several.length > 1) tell(fill(words.all, { total: several.length }));
}

async function look(file) {
  try {
    return { ...(await answer(file)), note: (await isReadOtherwise(file)) ? words.otherwise : "" };
  } catch (error) {
    console.warn(error);
    return null;
  }
}

function display(file, reply) {
  URL.revokeObjectURL(still.src);
  still.src = URL.createObjectURL(file);
  still.alt = file.name;
  still.hidden = reply === null;
  find(".drop p").hidden = reply !== null;
  find(".told").hidden = reply === null;
  if (reply === null) return tell(fill(words.unreadable, { name: file.name }));
  tell("");
  show(reply, reply.note);
  find(".speed").textContent = file.name;
  say(labelOf(reply));
}

function lineOf(file, reply) {
  const [line, button, name, label] = ["li", "button", "span", "strong"].map((kind) => document.createElement(kind));
  button.type = "button";
  name.textContent = file.name;
  label.textContent = reply === null ? words.cannot : labelOf(reply);
  button.append(name, label);
  button.onclick = () => { turnOff(); display(file, reply); scrollTo({ top: 0 }); };
  line.append(button);
  return line;
}

// Camera

async function turnOn(device) {
  if (!navigator.mediaDevices?.getUserMedia) return tell(words.noCamera);
  const wanted = device ? { deviceId: { exact: device } } : { facingMode: "environment" };
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { ...wanted, width: { ideal: 640 } }, audio: false });
  } catch (error) {
    return tell(error.name === "NotFoundError" ? words.noCamera : words.forbidden);
  }
  shown++;
  tell("");
  video.srcObject = stream;
  video.hidden = false;
  still.hidden = find(".drop p").hidden = find(".several").hidden = true;
  await video.play();
  const [track] = stream.getVideoTracks();
  track.onended = turnOff;
  find(".drop").classList.toggle("mirrored", track.getSettings().facingMode === "user");
  devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  find(".other").hidden = devices.length < 2;
  find(".camera").textContent = words.off;
  times = [];
  follow(stream);
}

/** Answer what the camera sees, one frame after another. */
async function follow(mine) {
  while (stream === mine) {
    const reply = await answer(video);
    if (stream !== mine) return;
    times = [...times.slice(1 - SPEED_OF), performance.now()];
    show(reply);
    say(labelOf(reply));
    if (times.length > 2) {
      const speed = ((times.length - 1) * 1000) / (times.at(-1) - times[0]);
      find(".speed").textContent = fill(words.speed, { number: number(Math.round(speed * 10) / 10) });
    }
    await new Promise(requestAnimationFrame);
  }
}

function turnOff() {
  stream?.getTracks().forEach((track) => { track.onended = null; track.stop(); });
  if (stream) find(".drop p").hidden = false;
  stream = video.srcObject = null;
  video.hidden = find(".other").hidden = true;
  find(".camera").textContent = words.on;
}

function another() {
  const now = stream.getVideoTracks()[0].getSettings().deviceId;
  const next = devices[(devices.findIndex(({ deviceId }) => deviceId === now) + 1) % devices.length].deviceId;
  turnOff();
  turnOn(next);
}

/** Say what it tells: all of it where that is little, else the first few, and the rest at a click. */
function introduce() {
  const isMuch = told.names.length > MOST_NAMED, count = told.names.length;
  const listed = (names) => new Intl.ListFormat(language).format(names);
  find(".about").textContent = isMuch
    ? fill(words.aboutMany, { count, names: listed(told.names.slice(0, FIRST_NAMED)) })
    : fill(words.about, { names: listed(told.names) });
  find(".names").hidden = !isMuch;
  find(".names summary").textContent = fill(words.everyName, { count });
  find(".names p").textContent = told.names.join(" · ");
}

function write() {
  document.documentElement.lang = language;
  document.title = find("h1").textContent = words.title;
  introduce();
  find(".camera").textContent = words.on;
  find(".choose span").textContent = words.choose;
  find(".shoot span").textContent = words.shoot;
  // From another computer without https there is no live camera; a photo by the phone's own app can be had.
  find(".camera").hidden = !isSecureContext;
  find(".shoot").hidden = isSecureContext;
  find(".other").textContent = words.other;
  find(".drop p").textContent = isSecureContext ? words.drop : words.dropOnly;
  find("footer").textContent = words.foot;
  video.setAttribute("aria-label", words.video);
  tell(words.loading);
}

function listen() {
  const choosers = document.querySelectorAll("input[type=file]"), drop = find(".drop");
  find(".camera").onclick = () => (stream ? turnOff() : turnOn());
  find(".other").onclick = another;
  for (const choose of choosers) {
    choose.onchange = () => { if (choose.files.length) take(choose.files); };
    choose.disabled = false;
  }
  for (const kind of ["dragover", "dragleave", "drop"])
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files);
    });
  document.addEventListener("paste", (event) => { if (event.clipboardData.files.length) take(event.clipboardData.files); });
  find(".camera").disabled = false;
}

write();
load().then(() => { listen(); tell(""); document.body.dataset.state = "ready"; },
  (error) => { console.error(error); tell(words.broken); document.body.dataset.state = "broken"; });
