// What belongs to every page and to no part of it: one entry in the history for each page, pages that open at
// their top, what is read aloud, pictures that grow, Ctrl and Z.
import { enlarge } from "./enlarge.js";
import { keepPlace } from "./focus.js";

const SETTLE_MS = 120, PATIENCE_MS = 6000, SAY_EVERY_MS = 12000, SAID_MS = 20000, PHONE_PX = 768, FOLLOW_MS = 4000;
const SAID = ".graft-say, [data-testid='stAlert'], [class*='st-key-graft-toast'] [data-testid='stMarkdown']";
let shown = null, titled = "", scrolled = "", words = {}, live = null, isReady = false, scheme = "", drawAnew = () => {};

export function mount({ data, setTriggerValue }) {
  words = data.words;
  drawAnew = (now) => setTriggerValue("scheme", now);
  if (!isReady) prepare();
  tellScheme();
  if (shown !== null && shown !== data.page) open();
  else if (shown === null) until(isAtRest, () => { titled = document.querySelector("h1")?.textContent ?? ""; });
  shown = data.page;
  if (data.scroll && data.once !== scrolled) {
    scrolled = data.once;
    const wanted = `.st-key-${data.scroll}`;
    whenThere(wanted, (target) => { bring(target); stayAt(wanted); });
  }
  return () => {};
}

// Menus hang outside of the app; they are to know light from dark as well. Charts and drawings have their colours
// from the server: where light turns to dark under an open page, at sunset or by the menu, they are drawn anew.
function tellScheme() {
  const app = document.querySelector("[data-testid='stApp']");
  if (!app) return;
  const now = getComputedStyle(app).colorScheme;
  document.documentElement.style.colorScheme = now;
  if (scheme && now !== scheme) drawAnew(now);
  scheme = now;
}

function prepare() {
  isReady = true;
  onePageOneEntry();
  live = document.createElement("div");
  live.setAttribute("aria-live", "polite");
  live.setAttribute("role", "status");
  live.style.cssText = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";
  document.body.append(live);
  new MutationObserver(listen).observe(document.body, { subtree: true, childList: true, characterData: true });
  document.addEventListener("click", (event) => {
    grow(event.target, event);
    const isInSidebar = event.target.closest?.("[data-testid='stSidebar']");
    if (isInSidebar ? event.target.closest("a") : event.target.closest?.("[data-testid='stMain']")) closeSidebarOnPhones();
  });
  document.addEventListener("keydown", pressed);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listen);
  keepPlace(isAtRest, () => shown);
}

// Streamlit writes the page's address first and what the page shows a moment later: that is one step, not two.
function onePageOneEntry() {
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const isSamePage = url && new URL(url, location.href).pathname === location.pathname;
    return isSamePage ? history.replaceState(state, title, url) : push(state, title, url);
  };
}

// A page opens at its top, and the keyboard with it.
function open() {
  const main = document.querySelector("[data-testid='stMain']");
  main?.scrollTo(0, 0);
  closeSidebarOnPhones();
  until(() => {
    const title = document.querySelector("[data-testid='stMain'] h1");
    return title && (title.textContent !== titled || isAtRest()) && title;
  }, (title) => {
    titled = title.textContent;
    main?.scrollTo(0, 0);
    say(title.textContent);
    const held = document.activeElement;
    if (held && held !== document.body && held.closest("[data-testid='stMain']") && held.matches("input, textarea")) return;
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  });
}

// On a phone the sidebar lies over the page: it goes once it led somewhere, or when one taps beside it.
function closeSidebarOnPhones() {
  if (innerWidth >= PHONE_PX) return;
  document.querySelector("[data-testid='stSidebar'][data-collapsed='false'] [data-testid='stSidebarCollapseButton'] button")?.click();
}

function bring(target) {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.style.scrollMarginTop = "72px"; // below what stands over the page
  target.scrollIntoView({ block: "start", behavior: isCalm ? "auto" : "smooth" });
  const title = target.querySelector("h1, h2, h3");
  if (title) { title.tabIndex = -1; title.focus({ preventScroll: true }); }
}

// Pictures above may come later and push away what was brought into sight: it is followed, until a person moves.
function stayAt(wanted) {
  const began = performance.now(), own = new AbortController();
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"])
    document.addEventListener(kind, () => own.abort(), { capture: true, passive: true, signal: own.signal });
  let before = null;
  const look = () => {
    if (own.signal.aborted) return;
    if (performance.now() - began > FOLLOW_MS) { own.abort(); return; }
    const target = document.querySelector(wanted), top = target?.getBoundingClientRect().top;
    const isStill = before === top; // a smooth way there is not interrupted
    before = top;
    if (target && isStill && (top < 0 || top > innerHeight / 2) && !isAtEnd()) {
      target.style.scrollMarginTop = "72px";
      target.scrollIntoView({ block: "start" });
    }
    setTimeout(look, SETTLE_MS);
  };
  setTimeout(look, SETTLE_MS);
}

function isAtEnd() {
  const main = document.querySelector("[data-testid='stMain']");
  return !main || main.scrollTop + main.clientHeight >= main.scrollHeight - 2;
}

const isAtRest = () => document.querySelector("[data-testid='stApp']")?.dataset.testScriptState === "notRunning";

/** What is to be brought into sight may not be drawn yet, and what is above it may still grow. */
function whenThere(selector, act) {
  until(() => isAtRest() && document.querySelector(selector), act);
}

function until(find, act, began = performance.now()) {
  setTimeout(() => {
    const found = find();
    if (found) act(found);
    else if (performance.now() - began < PATIENCE_MS) until(find, act, began);
  }, SETTLE_MS);
}

// Messages are read aloud as they come; what counts on (progress) only now and then, and what stands
// there from the beginning (the state of a run) only when it changes.
const heard = new Map(), spoken = new Map();
let waiting = 0;

function listen() {
  clearTimeout(waiting);
  waiting = setTimeout(hear, 250);
}

function hear() {
  document.querySelectorAll("[data-testid='stCode'] pre:not([tabindex])").forEach((text) => { text.tabIndex = 0; });
  tellScheme();
  const there = new Set();
  for (const source of document.querySelectorAll(SAID)) {
    const text = wordsOf(source), about = source.dataset.about;
    const kind = about ?? text;
    there.add(kind);
    if (!text || heard.get(kind) === text) continue;
    if (about === "run" && !heard.has(kind)) { heard.set(kind, text); continue; }
    const since = performance.now() - (spoken.get(kind) ?? -SAY_EVERY_MS);
    if (about && since < SAY_EVERY_MS) { waiting = setTimeout(hear, SAY_EVERY_MS - since); continue; }
    spoken.set(kind, performance.now());
    heard.set(kind, text);
    say(text);
  }
  // What is gone and comes again is said again.
  for (const [kind, text] of heard) if (kind === text && !there.has(kind)) heard.delete(kind);
}

// The name of an icon is no word: "error", "verified" would be read aloud before the message.
function wordsOf(source) {
  const bare = source.cloneNode(true);
  bare.querySelectorAll("[data-testid='stIconMaterial']").forEach((icon) => icon.remove());
  return bare.textContent.trim();
}

// Each in a line of its own, so that of two that come at once none is lost.
function say(text) {
  const line = document.createElement("p");
  live.append(line);
  setTimeout(() => { line.textContent = text; }, 60);
  setTimeout(() => line.remove(), SAID_MS);
}

// Pictures that stand for themselves grow at a click, those to choose from bring their own way.
function grow(target, event) {
  const picture = target.closest?.(".graft-gallery [data-large]");
  if (!picture) return;
  event.preventDefault();
  const all = [...picture.closest(".graft-gallery").querySelectorAll("[data-large]")];
  const pictures = all.map((each) => {
    const image = each.querySelector("img");
    return { address: each.dataset.large, alt: image.alt, caption: each.closest("figure").querySelector("figcaption")?.textContent ?? image.alt };
  });
  enlarge(pictures, all.indexOf(picture), words, (index) => all[index].focus());
}

function pressed(event) {
  const target = event.target;
  if (target.closest?.(".graft-gallery [data-large]") && (event.key === "Enter" || event.key === " ")) { grow(target, event); return; }
  const isWriting = target.closest?.("input, textarea, select, [contenteditable='true'], [role='combobox']");
  if (isWriting || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  const step = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : null;
  const button = step && document.querySelector(`.st-key-${step}-edit button`);
  if (!button) return;
  event.preventDefault();
  button.click();
}
