// Sends the pictures that a person chooses, one after the other, and shows what the model says.
// What comes back is text of strangers: it is written by textContent alone.

const MOST_BARS = 8;
const words = document.body.dataset;
const drop = document.getElementById("drop");
const files = document.getElementById("files");
const token = document.getElementById("token");
const answers = document.getElementById("answers");
let turn = Promise.resolve();

// A link may carry the token behind its #, which browsers send to nobody.
if (token) {
  token.value = decodeURIComponent(location.hash.slice(1)) || sessionStorage.getItem("token") || "";
  history.replaceState(null, "", location.pathname);
}

function made(tag, text = "", kind = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

// As the app writes it: "92 %" with a narrow space that does not break.
const percent = (share) => `${Math.round(100 * share)}\u202f%`;

async function asked(file) {
  const headers = token ? { authorization: `Bearer ${token.value}` } : {};
  for (;;) {
    const answer = await fetch("predict", { method: "POST", headers, body: file });
    const told = await answer.json();
    if (answer.status !== 429) return { ok: answer.ok, told };
    const seconds = Number(answer.headers.get("retry-after")) || 1;
    await new Promise((go) => setTimeout(go, 1000 * seconds));
  }
}

function bars(told) {
  const list = made("dl");
  const shares = Object.entries(told.probabilities).sort((one, other) => other[1] - one[1]);
  for (const [name, share] of shares.slice(0, MOST_BARS)) {
    const row = made("div");
    row.style.backgroundSize = `${100 * share}% 100%`;
    row.append(made("dt", name), made("dd", percent(share)));
    list.append(row);
  }
  for (const [name, value] of Object.entries(told.numbers)) {
    const row = made("div");
    row.append(made("dt", name), made("dd", Number(value.toPrecision(4)).toString()));
    list.append(row);
  }
  return list;
}

function heading(told) {
  if (told.label) return told.label;
  if (told.labels.length) return told.labels.join(", ");
  return Object.keys(told.numbers).length ? "" : words.nothing;
}

function mayBe(told) {
  if (!told.may_be) return "";
  const share = `(${percent(told.may_be.coverage)})`;
  if (told.may_be.classes.length) return `${words.mayBe}: ${told.may_be.classes.join(", ")} ${share}`;
  const ranges = Object.entries(told.may_be.ranges).map(
    ([name, range]) => `${name} ${range.map((value) => Number(value.toPrecision(4))).join(" – ")}`,
  );
  return ranges.length ? `${words.mayBe}: ${ranges.join(", ")} ${share}` : "";
}

async function show(file) {
  const item = made("li");
  const figure = made("figure");
  const picture = made("img");
  picture.alt = "";
  picture.src = URL.createObjectURL(file);
  picture.addEventListener("error", () => picture.remove()); // a kind that the browser does not show
  figure.append(picture, made("figcaption", file.name));
  const text = made("div");
  text.append(made("p", words.working, "quiet"));
  item.append(figure, text);
  answers.prepend(item);
  turn = turn.then(async () => {
    try {
      const { ok, told } = await asked(file);
      text.replaceChildren();
      if (!ok) {
        text.append(made("p", `${told.message} ${told.hint}`, "fault"));
        return;
      }
      if (token) sessionStorage.setItem("token", token.value);
      if (heading(told)) text.append(made("h2", heading(told)));
      if (told.is_unknown) text.append(made("p", words.unknown, "fault"));
      text.append(bars(told));
      if (mayBe(told)) text.append(made("p", mayBe(told), "quiet"));
    } catch {
      text.replaceChildren(made("p", words.unreachable, "fault"));
    }
  });
}

files.addEventListener("change", () => {
  for (const file of files.files) show(file);
  files.value = "";
});
drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  for (const file of event.dataTransfer.files) show(file);
});
document.addEventListener("paste", (event) => {
  for (const file of event.clipboardData.files) show(file);
});
