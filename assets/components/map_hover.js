// Shows the picture under the pointer, beside a Plotly chart that stands on the same page.
const BESIDE = 16;

const cardOf = (words) => {
  const card = document.createElement("figure");
  card.className = "graft-map-card";
  card.append(document.createElement("img"), document.createElement("figcaption"));
  card.hidden = true;
  card.querySelector("img").alt = words.alt;
  return card;
};

const show = (card, event) => {
  const point = event.points?.[0];
  if (!point?.customdata) return;
  const [hash, caption] = point.customdata;
  const picture = card.querySelector("img");
  const address = `/graft/thumbnail/${encodeURIComponent(hash)}`;
  if (picture.getAttribute("src") !== address) picture.src = address;
  card.querySelector("figcaption").textContent = caption;
  card.hidden = false;
  const { clientX: x, clientY: y } = event.event;
  const { width, height } = card.getBoundingClientRect();
  card.style.left = `${x + BESIDE + width > innerWidth ? Math.max(0, x - BESIDE - width) : x + BESIDE}px`;
  card.style.top = `${Math.max(0, Math.min(y - height / 2, innerHeight - height))}px`;
};

export default function ({ parentElement, data }) {
  const card = cardOf(data.words);
  parentElement.append(card);
  let chart = null;
  const shown = (event) => show(card, event), hide = () => { card.hidden = true; };

  // Streamlit may draw the chart later than this, or anew.
  const attach = () => {
    const found = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`);
    if (!found?.on || found === chart) return;
    chart = found;
    chart.on("plotly_hover", shown);
    chart.on("plotly_unhover", hide);
    chart.on("plotly_relayout", hide);
  };
  attach();
  const looking = setInterval(attach, 400);
  return () => {
    clearInterval(looking);
    chart?.removeListener?.("plotly_hover", shown);
    chart?.removeListener?.("plotly_unhover", hide);
    chart?.removeListener?.("plotly_relayout", hide);
    card.remove();
  };
}
