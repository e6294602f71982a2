// A page of thumbnails to choose from: click, shift-click, arrow keys and space, the whole page at once.
// A double click, Enter or the corner sign shows a picture large.
const held = new WeakMap();

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".gallery");
  // The same page again: what stands here is newer than what was sent.
  if (held.get(root) === data.key) return;
  held.set(root, data.key);

  const grid = root.querySelector(".grid"), whole = root.querySelector(".whole"), told = root.querySelector(".told");
  const { pictures, words } = data;
  const chosen = new Set(data.chosen);
  let anchor = 0;

  const items = pictures.map((picture, index) => {
    const item = document.createElement("div");
    item.className = "item";
    item.setAttribute("role", "option");
    item.tabIndex = index ? -1 : 0;
    item.style.setProperty("--class", picture.colour);
    const image = document.createElement("img");
    image.loading = "lazy";
    image.draggable = false;
    image.alt = picture.alt;
    image.src = `${location.origin}/graft/thumbnail/${encodeURIComponent(picture.hash)}`;
    const caption = document.createElement("span");
    caption.textContent = picture.caption;
    // For the pointer; the keyboard has Enter.
    const lens = document.createElement("i");
    lens.className = "lens";
    lens.title = words.enlarge;
    lens.setAttribute("aria-hidden", "true");
    lens.onclick = (event) => { event.stopPropagation(); large(index); };
    lens.ondblclick = (event) => event.stopPropagation();
    item.append(image, caption, lens);
    return item;
  });

  const large = async (index) => {
    const { enlarge } = await import(`${location.origin}/graft/components/enlarge.js`);
    const all = pictures.map(({ hash, alt, caption }) => ({
      address: `${location.origin}/graft/picture/${encodeURIComponent(hash)}`, alt, caption: caption || alt,
    }));
    enlarge(all, index, words, (last) => go(last, false));
  };

  const show = () => {
    items.forEach((item, index) => item.setAttribute("aria-selected", String(chosen.has(pictures[index].row))));
    whole.textContent = chosen.size === pictures.length ? words.none : words.whole;
    told.textContent = fill(words.told, { count: chosen.size });
  };
  const tell = () => { show(); setStateValue("chosen", [...chosen]); };
  const set = (index, on) => { chosen[on ? "add" : "delete"](pictures[index].row); };

  const toggle = (index) => { set(index, !chosen.has(pictures[index].row)); anchor = index; tell(); };
  // From the last one clicked to this one, all become what the last one is.
  const stretch = (index) => {
    const on = chosen.has(pictures[anchor].row);
    for (let at = Math.min(anchor, index); at <= Math.max(anchor, index); at += 1) set(at, on);
    tell();
  };
  const go = (index, extend) => {
    const to = Math.max(0, Math.min(items.length - 1, index));
    items.forEach((item, at) => { item.tabIndex = at === to ? 0 : -1; });
    items[to].focus();
    if (extend) stretch(to);
  };
  const columns = () => {
    const below = items.findIndex((item) => item.offsetTop > items[0].offsetTop);
    return below < 0 ? items.length : below;
  };
  const all = () => {
    const on = chosen.size < pictures.length;
    pictures.forEach((_, index) => set(index, on));
    tell();
  };

  items.forEach((item, index) => {
    item.onclick = (event) => {
      items.forEach((other) => { other.tabIndex = other === item ? 0 : -1; });
      if (event.shiftKey) stretch(index); else toggle(index);
    };
    item.ondblclick = () => large(index);
    item.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() }[event.key];
      if (step) go(index + step, event.shiftKey);
      else if (event.key === "Home") go(0, event.shiftKey);
      else if (event.key === "End") go(items.length - 1, event.shiftKey);
      else if (event.key === " ") toggle(index);
      else if (event.key === "Enter") large(index);
      else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) all();
      else return;
      event.preventDefault();
    };
  });
  whole.onclick = all;
  root.querySelector(".hint").textContent = words.hint;
  grid.setAttribute("aria-label", words.label);
  grid.replaceChildren(...items);
  show();
}
