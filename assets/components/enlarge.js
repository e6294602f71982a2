// A picture in full size over the page: arrow keys for its neighbours, Escape or a click beside it to close.
const STYLE = `
.graft-large { border: 0; padding: 0; max-width: 96vw; max-height: 96vh; background: transparent; color: #fff; overflow: hidden; }
.graft-large::backdrop { background: rgb(10 14 12 / .88); }
.graft-large figure { margin: 0; display: grid; gap: 8px; justify-items: center; }
.graft-large img { display: block; width: min(92vw, 110vh); height: 74vh; object-fit: contain; }
.graft-large figcaption { font: 0.95rem/1.4 system-ui, sans-serif; overflow-wrap: anywhere; text-align: center; }
.graft-large menu { display: flex; gap: 8px; justify-content: center; margin: 0 0 6px; padding: 0; }
.graft-large button { font: 600 1rem/1 system-ui, sans-serif; color: #fff; background: rgb(255 255 255 / .14); border: 1px solid rgb(255 255 255 / .4); border-radius: 10px; min-width: 44px; min-height: 44px; padding: 0 14px; cursor: pointer; }
.graft-large button:hover { background: rgb(255 255 255 / .28); }
.graft-large button:focus-visible { outline: 3px solid #fff; outline-offset: 2px; }
.graft-large button:disabled { opacity: .4; cursor: default; }
`;

const element = (name, more = {}) => Object.assign(document.createElement(name), more);

/**
 * Show a picture large.
 * @param pictures [{ address, caption, alt }] those to leaf through
 * @param start index of the first
 * @param words { close, before, after, large }
 * @param onLeave called with the index that was last shown: where the focus goes back to
 */
export function enlarge(pictures, start, words, onLeave = () => {}) {
  const box = element("dialog", { className: "graft-large" });
  box.setAttribute("aria-label", words.large);
  const image = element("img"), caption = element("figcaption");
  const before = element("button", { type: "button", textContent: "‹" }), after = element("button", { type: "button", textContent: "›" });
  const close = element("button", { type: "button", textContent: "✕" });
  before.setAttribute("aria-label", words.before);
  after.setAttribute("aria-label", words.after);
  close.setAttribute("aria-label", words.close);
  const menu = element("menu"), figure = element("figure");
  menu.append(before, after, close);
  figure.append(menu, image, caption);
  box.append(element("style", { textContent: STYLE }), figure);

  let index = start;
  const show = (to) => {
    index = Math.max(0, Math.min(pictures.length - 1, to));
    image.src = pictures[index].address;
    image.alt = pictures[index].alt;
    caption.textContent = pictures[index].caption;
    before.disabled = index === 0;
    after.disabled = index === pictures.length - 1;
  };
  before.onclick = () => show(index - 1);
  after.onclick = () => show(index + 1);
  close.onclick = () => box.close();
  box.onclick = (event) => { if (event.target === box) box.close(); };
  box.onkeydown = (event) => {
    if (event.key === "ArrowLeft") show(index - 1);
    else if (event.key === "ArrowRight") show(index + 1);
    else return;
    event.preventDefault();
  };
  box.onclose = () => { box.remove(); onLeave(index); };
  document.body.append(box);
  show(start);
  box.showModal();
  close.focus();
}
