// What tells "none of these", as `measures/unknowns.py` does: how strange an example is beside known ones.

/** Say whether features (and, where answers count, their doubt) are so strange that it is none of the classes. */
function isUnknown(features, answers, known, doubtCounts) {
  const score = scoreOf(distancesOf(features, known), doubtCounts ? doubtOf(answers) : null, known.scales.data);
  const all = known.known.data;
  let below = 0;
  while (below < all.length && all[below] < score) below++;
  if (Number.isNaN(score)) below = all.length;
  const share = (all.length - below) / all.length;
  return share <= known.careful - 0.5 / all.length;
}

/** How far the nearest training example and the nearest class are. */
function distancesOf(features, { middle, directions, kept, kept_rest, centres, whitening }) {
  const unit = features.map((x) => x);
  const length = Math.max(Math.hypot(...unit), 1e-12);
  const centred = unit.map((x, k) => x / length - middle.data[k]);
  const inside = product(centred, directions);
  const rest = Math.max(squareOf(centred) - squareOf(inside), 0);
  let nearest = Infinity;
  rowsOf(kept, (row, place) => { nearest = Math.min(nearest, apart(inside, row) + kept_rest.data[place]); });
  const directionCount = whitening.shape[1];
  const white = { data: whitening.data.subarray(0, directionCount * directionCount), shape: [directionCount, directionCount] };
  const whitened = product(inside, white);
  let toClass = Infinity;
  rowsOf(centres, (row) => { toClass = Math.min(toClass, apart(whitened, product(Array.from(row), white))); });
  return [nearest + rest, toClass + rest / whitening.data[directionCount * directionCount]];
}

function scoreOf([nearest, toClass], doubt, scales) {
  const score = (nearest - scales[0]) / scales[3] + (toClass - scales[1]) / scales[4];
  return doubt === null || !scales[5] ? score : score + (doubt - scales[2]) / scales[5];
}

/** How undecided answers are: their entropy, 1 where all classes are alike. */
function doubtOf(answers) {
  const entropy = answers.reduce((sum, x) => { const share = Math.min(1, Math.max(1e-12, x)); return sum - share * Math.log(share); }, 0);
  return entropy / Math.log(Math.max(2, answers.length));
}

function product(row, { data, shape: [height, width] }) {
  const sums = new Array(width).fill(0);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) sums[x] += row[y] * data[y * width + x];
  return sums;
}

function rowsOf({ data, shape: [height, width] }, told) {
  for (let y = 0; y < height; y++) told(data.subarray(y * width, (y + 1) * width), y);
}

function squareOf(row) {
  return row.reduce((sum, x) => sum + x * x, 0);
}

function apart(row, other) {
  return row.reduce((sum, x, k) => sum + (x - other[k]) ** 2, 0);
}
