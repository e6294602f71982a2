// A confusion matrix as a table: each cell that holds a picture is a button. The table is one stop of
// the Tab key; arrows lead from cell to cell, Enter and space choose.
const shown = new WeakMap();

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

const head = (text, scope) => {
  const cell = document.createElement("th");
  cell.scope = scope;
  cell.title = text;
  const inner = document.createElement("span");
  inner.textContent = text;
  cell.append(inner);
  return cell;
};

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".confusion"), table = root.querySelector("table");
  const { classes, numbers, cells, words } = data;
  const buttons = new Map();
  const place = (row, column) => `${row} ${column}`;
  const mark = (chosen) => buttons.forEach((button, at) => {
    button.setAttribute("aria-pressed", String(at === chosen));
  });
  const selected = data.selected ? place(numbers.indexOf(data.selected[0]), numbers.indexOf(data.selected[1])) : "";

  // Only another matrix is drawn anew: whoever goes through it by keyboard keeps the place.
  const drawing = JSON.stringify([classes, cells, words]);
  if (shown.get(root)?.drawing === drawing) {
    shown.get(root).mark(selected);
    return;
  }

  const top = document.createElement("tr");
  const corner = head("", "col");
  corner.className = "corner";
  corner.append(words.answer, document.createElement("br"), words.truth);
  top.append(corner, ...classes.map((name) => head(name, "col")));
  table.querySelector("thead").replaceChildren(top);

  const rows = classes.map((name) => {
    const row = document.createElement("tr");
    row.append(head(name, "row"), ...classes.map(() => document.createElement("td")));
    return row;
  });
  const focus = (button) => {
    buttons.forEach((other) => { other.tabIndex = other === button ? 0 : -1; });
    button.focus();
  };
  // The next cell with pictures in a direction: in the same row or column, else in the nearest one.
  const next = (row, column, down, right) => {
    let best = null, least = Infinity;
    buttons.forEach((button, at) => {
      const [r, c] = at.split(" ").map(Number);
      const along = (r - row) * down + (c - column) * right, aside = Math.abs((r - row) * right) + Math.abs((c - column) * down);
      const far = along + 1000 * aside;
      if (along > 0 && far < least) { best = button; least = far; }
    });
    return best;
  };
  cells.forEach(([row, column, text, share, count]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.tabIndex = -1;
    button.style.setProperty("--hue", row === column ? "#009e73" : "#d55e00");
    // Never so deep that the number on it could not be read.
    button.style.setProperty("--deep", `${(8 + 52 * share).toFixed(1)}%`);
    const label = fill(row === column ? words.right : words.wrong, { truth: classes[row], answer: classes[column], count });
    button.setAttribute("aria-label", label);
    button.title = label;
    button.onclick = () => {
      focus(button);
      mark(place(row, column));
      setTriggerValue("cell", [numbers[row], numbers[column]]);
    };
    button.onkeydown = (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const other = next(row, column, ...step);
      if (other) focus(other);
    };
    buttons.set(place(row, column), button);
    rows[row].children[column + 1].append(button);
  });
  const first = buttons.values().next().value;
  if (first) first.tabIndex = 0;
  table.setAttribute("aria-label", words.title);
  table.classList.toggle("small", classes.length > 12);
  table.querySelector("tbody").replaceChildren(...rows);
  shown.set(root, { drawing, mark });
  mark(selected);
}
