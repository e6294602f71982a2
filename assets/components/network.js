// The network as a row of blocks, input first. The line between frozen and learning moves with the slider.
const held = new WeakMap();

const rough = (number) => {
  for (const [size, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (number >= size) return `${(number / size).toFixed(number / size < 10 ? 1 : 0)}\u202f${unit}`;
  }
  return String(number);
};

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".network");
  const row = root.querySelector(".row"), slider = root.querySelector("input"), told = root.querySelector(".told");
  const { stages, words, head } = data;
  const last = held.get(root);
  const trained = last && last.key === data.key ? last.trained : data.trained;

  const draw = (count) => {
    const below = stages.length - count;
    row.querySelectorAll(".block").forEach((block, index) => {
      block.className = `block ${index < below ? "frozen" : "learning"}${stages.length > 24 ? " narrow" : ""}`;
    });
    row.insertBefore(row.querySelector(".graft"), row.querySelectorAll(".block")[below] ?? row.querySelector(".head"));
    const learning = head + stages.slice(below).reduce((sum, stage) => sum + stage.trainable, 0);
    const total = head + stages.reduce((sum, stage) => sum + stage.parameters, 0);
    const share = (100 * learning) / total;
    const sentence = count === 0 ? words.head_only : count === stages.length ? words.everything : words.some;
    told.textContent = fill(sentence, { count, all: stages.length, from: stages[below]?.title ?? "" }) + " " +
      fill(words.weights, {
        learning: rough(learning), total: rough(total), share: share < 1 ? share.toFixed(1) : share.toFixed(0),
      });
    slider.setAttribute("aria-valuetext", told.textContent);
  };

  const keep = (count) => {
    slider.value = count;
    held.set(root, { key: data.key, trained: count });
    draw(count);
  };
  const tell = (count) => { keep(count); setStateValue("trained", count); };

  row.replaceChildren();
  const picture = document.createElement("div");
  picture.className = "picture";
  const graft = document.createElement("div");
  graft.className = "graft";
  const end = document.createElement("div");
  end.className = "head";
  end.textContent = words.head;
  row.append(picture);
  stages.forEach((stage, index) => {
    const block = document.createElement("div");
    block.title = `${stage.title}: ${rough(stage.parameters)}`;
    block.style.height = `${stage.height}%`;
    block.style.flexGrow = stage.width;
    block.onclick = () => tell(stages.length - index);
    row.append(block);
    block.className = "block";
  });
  row.append(graft, end);
  root.querySelector(".title").textContent = words.title;
  slider.max = stages.length;
  slider.setAttribute("aria-label", words.title);
  slider.oninput = () => keep(Number(slider.value));
  slider.onchange = () => tell(Number(slider.value));
  keep(trained);
}
