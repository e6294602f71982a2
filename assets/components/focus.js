// The keyboard keeps its place: it goes into a menu that it opens and back out, and where what it pressed
// is gone after a click, it stands at what came in its stead instead of at the top of the page.
const MENU = "[data-testid='stPopoverBody']", OPENER = "[data-testid='stPopover'] button, button[data-testid='stPopoverButton']";
const REACHABLE = "a[href]:not([data-testid='stHeaderActionElements'] a), button:not(:disabled), input:not(:disabled), textarea:not(:disabled), summary, [tabindex='0']";
const LOOK_MS = 100, PATIENCE_MS = 8000, CALM_LOOKS = 4;
let opener = null, held = null;

/** Begin to watch the keyboard; `isAtRest` says whether a page is drawn whole, `page` which one is shown. */
export function keepPlace(isAtRest, page) {
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (!target.closest) return;
    if (event.key === "Tab") leaveMenu(event);
    if (event.key !== "Enter" && event.key !== " ") return;
    const button = target.closest(OPENER);
    if (button && !button.closest(MENU) && button.getAttribute("aria-expanded") !== "true") {
      opener = button;
      enterMenu(button);
    }
    regainLater(target, isAtRest, page);
  }, true);
  // What nobody pressed can go as well: a Stop button does when the work is done.
  document.addEventListener("focusin", ({ target }) => {
    held = target.matches?.(":focus-visible") ? { target, place: placeOf(target) } : null;
  });
  new MutationObserver(() => {
    if (!held) return;
    const { target, place } = held;
    if (document.activeElement === target) { held.place = placeOf(target); return; }
    if (target.isConnected || document.activeElement !== document.body) return;
    held = null;
    regainLater(target, isAtRest, page, performance.now(), place, standAt);
  }).observe(document.body, { subtree: true, childList: true });
}

const isSeen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
const reachable = (within) => [...within.querySelectorAll(REACHABLE)].filter(isSeen);
const openMenu = () => [...document.querySelectorAll(MENU)].filter(isSeen).at(-1);

/**
 * Menus hang at the end of the page: without this, all that lies between would come first. Where there is much to
 * read before the first field, the menu itself is entered, so that its beginning stays in sight.
 */
function enterMenu(button, began = performance.now()) {
  setTimeout(() => {
    const menu = openMenu(), first = menu && reachable(menu)[0];
    if (!first && performance.now() - began < PATIENCE_MS) { enterMenu(button, began); return; }
    if (!first || document.activeElement !== button) return;
    const isInSight = first.getBoundingClientRect().bottom <= menu.getBoundingClientRect().bottom;
    if (isInSight) { first.focus(); return; }
    menu.tabIndex = -1;
    menu.focus({ preventScroll: true });
  }, LOOK_MS);
}

/** Behind the last field of a menu, and before the first, stands the button that opened it. */
function leaveMenu(event) {
  const menu = event.target.closest(MENU);
  if (!menu || !opener?.isConnected) return;
  const inside = reachable(menu), edge = event.shiftKey ? inside[0] : inside.at(-1);
  if (event.target !== edge && !(event.shiftKey && event.target === menu)) return;
  event.preventDefault();
  opener.focus();
}

function regainLater(target, isAtRest, page, began = performance.now(), place = placeOf(target), stand = regain) {
  if (!place.length) return;
  const before = page();
  let calm = 0;
  const look = () => {
    if (page() !== before || performance.now() - began > PATIENCE_MS) return;
    const isGone = !target.isConnected || target.disabled;
    if (isGone && document.activeElement !== document.body) return; // it went elsewhere by itself
    calm = isGone && isAtRest() ? calm + 1 : 0;
    if (calm === CALM_LOOKS) stand(place); // what comes instead may be drawn in a second go
    else setTimeout(look, LOOK_MS);
  };
  setTimeout(look, LOOK_MS);
}

/** Where an element stands: in which elements of the page, the nearest first, and as which of their children. */
function placeOf(target) {
  const main = document.querySelector("[data-testid='stMain']"), place = [];
  let inner = target.closest(MENU) ? opener : target;
  if (!inner || !main?.contains(inner)) return [];
  for (; inner !== main; inner = inner.parentElement)
    place.push([inner.parentElement, [...inner.parentElement.children].indexOf(inner)]);
  return place;
}

/** Stand at what is in the same place now, else at what comes next. */
function regain(place) {
  let searched = 0; // 1 once the child in which the element stood has been looked through
  for (const [parent, index] of place) {
    if (!parent.isConnected) continue;
    for (const child of [...parent.children].slice(index + searched)) {
      const found = child.matches(REACHABLE) && isSeen(child) ? child : reachable(child)[0];
      if (found) { found.focus(); return; }
    }
    searched = 1;
  }
}

/** Stand at whatever is in the same place now, to be read, and move nothing: it may be what a person waited for. */
function standAt(place) {
  for (const [parent, index] of place) {
    if (!parent.isConnected) continue;
    const found = [...parent.children].slice(index).find(isSeen);
    if (!found) continue;
    if (!found.matches(REACHABLE)) { found.tabIndex = -1; found.style.outline = "none"; }
    found.focus({ preventScroll: true });
    return;
  }
}
