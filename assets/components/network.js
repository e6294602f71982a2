// The network as a row of blocks, input first. The line between frozen and learning moves with the slider.
const held = new WeakMap();

const rough = (number) => {
  for (const [size, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (number >= size) return `${(number / size).toFixed(number / size < 10 ? 1 : 0)}\u202f${unit}`;
  }
  return String(number);
};

const pace = (rate) => (rate >= 0.01 ? String(Number(rate.toPrecision(2))) : rate.toExponential(0));

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".network");
  const row = root.querySelector(".row"), slider = root.querySelector("input"), told = root.querySelector(".told");
  const { stages, words, head, recommended } = data;
  const isMarked = Number.isInteger(recommended);
  const last = held.get(root);
  const trained = last && last.key === data.key ? last.trained : data.trained;

  // How fast the stages learn, and when they join, in words.
  const tempo = (count) => {
    if (!count) return "";
    const low = stages[stages.length - count], top = stages[stages.length - 1];
    const told = fill(low.rate === top.rate && count === 1 ? words.one_rate : words.rates, {
      top: pace(top.rate), low: pace(low.rate), head: pace(data.headRate),
    });
    return ` ${told}${data.thaws ? ` ${fill(words.joins, { last: low.joins })}` : ""}`;
  };

  // Whether this is the recommended depth, in words: the mark is for the eye alone.
  const advice = (count) => (isMarked ? ` ${count === recommended ? words.is_recommended : words.is_other}` : "");

  // What a depth brought on data like this, where that is known.
  const gain = (count) => (data.brings?.[count] ? ` ${fill(words.brings, { points: data.brings[count] })}` : "");

  const draw = (count) => {
    const below = stages.length - count;
    row.querySelectorAll(".block").forEach((block, index) => {
      const stage = stages[index], learns = index >= below;
      block.className = `block ${learns ? "learning" : "frozen"}${stages.length > 24 ? " narrow" : ""}`;
      block.title = learns
        ? fill(words.rate_of, { title: stage.title, weights: rough(stage.parameters), rate: pace(stage.rate) }) +
          (data.thaws ? `, ${fill(words.joins_at, { epoch: stage.joins })}` : "")
        : `${stage.title}: ${rough(stage.parameters)}`;
      block.querySelector(".rate").textContent = learns && stages.length <= 24 ? pace(stage.rate) : "";
    });
    row.insertBefore(row.querySelector(".graft"), row.querySelectorAll(".block")[below] ?? row.querySelector(".head"));
    const learning = head + stages.slice(below).reduce((sum, stage) => sum + stage.trainable, 0);
    const total = head + stages.reduce((sum, stage) => sum + stage.parameters, 0);
    const share = (100 * learning) / total;
    const sentence = count === 0 ? words.head_only : count === stages.length ? words.everything : words.some;
    told.textContent = fill(sentence, { count, all: stages.length, from: stages[below]?.title ?? "" }) + " " +
      fill(words.weights, {
        learning: rough(learning), total: rough(total), share: share >= 1 ? share.toFixed(0) : share < 0.1 ? "< 0.1" : share.toFixed(1),
      }) + tempo(count) + gain(count) + advice(count);
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
    const rate = document.createElement("span");
    rate.className = "rate";
    block.append(rate);
    block.style.height = `${stage.height}%`;
    block.style.flexGrow = stage.width;
    block.onclick = () => tell(stages.length - index);
    row.append(block);
    block.className = "block";
  });
  row.append(graft, end);
  row.classList.toggle("marked", isMarked);
  if (isMarked) {
    const mark = document.createElement("div");
    mark.className = "mark";
    mark.append(document.createElement("span"));
    mark.firstChild.textContent = words.mark;
    row.insertBefore(mark, row.querySelectorAll(".block")[stages.length - recommended] ?? graft);
  }
  root.querySelector(".title").textContent = words.title;
  slider.max = stages.length;
  slider.setAttribute("aria-label", words.title);
  slider.oninput = () => keep(Number(slider.value));
  slider.onchange = () => tell(Number(slider.value));
  keep(trained);
}
