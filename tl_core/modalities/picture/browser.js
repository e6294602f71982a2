// Opens pictures in a browser as Graft does and makes them smaller by the very same arithmetic: see
// `opening.py`, `pictures.shrunk` and `resize.py`. Math.fround stands wherever NumPy keeps 32 bits.
const f32 = Math.fround;
const TIE_LIFT = f32(f32(0.5) + f32(1e-3));

/** Return a picture from a file, a video or a canvas: { data: RGB bytes, width, height }. */
async function opened(source) {
  if (!(source instanceof Blob)) return drawn(source, source.videoWidth ?? source.width, source.videoHeight ?? source.height);
  const exactly = { imageOrientation: "from-image", premultiplyAlpha: "none", colorSpaceConversion: "none" };
  const bitmap = await createImageBitmap(source, exactly).catch(() => createImageBitmap(source));
  try {
    return drawn(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/**
 * Say whether browsers read a file by rules of their own: greys of 16 bits, a PNG that moves and has a
 * still picture beside, a WebP that a camera's note turns.
 */
async function isReadOtherwise(file) {
  const head = new DataView(await file.slice(0, 32).arrayBuffer());
  if (head.byteLength < 32) return false;
  if (head.getUint32(0) === 0x89504e47)
    return (head.getUint8(24) === 16 && head.getUint8(25) === 0) || (await moves(file));
  const isWebp = head.getUint32(0) === 0x52494646 && head.getUint32(8) === 0x57454250;
  return isWebp && head.getUint32(12) === 0x56503858 && (head.getUint8(20) & 0x08) !== 0; // VP8X with EXIF
}

/** Say whether a PNG's first picture is no part of what moves: pixels come before the first frame. */
async function moves(file) {
  const chunks = new DataView(await file.arrayBuffer());
  let isAnimated = false;
  for (let at = 8; at + 8 <= chunks.byteLength; at += 12 + chunks.getUint32(at)) {
    const kind = chunks.getUint32(at + 4);
    if (kind === 0x6163544c) isAnimated = true; // acTL
    if (kind === 0x6663544c) return false; // fcTL
    if (kind === 0x49444154) return isAnimated; // IDAT
  }
  return false;
}

function drawn(source, width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff"; // clear parts are white
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0);
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    data[to++] = rgba[from];
    data[to++] = rgba[from + 1];
    data[to++] = rgba[from + 2];
  }
  return { data, width, height };
}

/** Return what the network takes of a picture: RGB bytes of a square of `size` pixels. */
function fitted(picture, { size, fit, stored }) {
  let it = stored ? shrunk(picture, stored) : picture;
  if (fit === "crop") it = cropped(it);
  if (fit === "pad") it = padded(it);
  return resized(it, size);
}

/** Means of whole blocks, rounded as Pillow's `reduce` does: by a reciprocal of 24 bits, cut off. */
function shrunk({ data, width, height }, side) {
  const block = Math.ceil(Math.max(width, height) / side);
  if (block === 1) return { data, width, height };
  const across = Math.ceil(width / block), down = Math.ceil(height / block);
  const small = new Uint8Array(across * down * 3), sums = new Float64Array(across * 3);
  for (let row = 0; row < down; row++) {
    const end = Math.min(height, (row + 1) * block);
    sums.fill(0);
    for (let y = row * block; y < end; y++)
      for (let x = 0, at = y * width * 3; x < width; x++, at += 3) {
        const to = Math.floor(x / block) * 3;
        sums[to] += data[at];
        sums[to + 1] += data[at + 1];
        sums[to + 2] += data[at + 2];
      }
    for (let column = 0; column < across; column++) {
      const count = (end - row * block) * (Math.min(width, (column + 1) * block) - column * block);
      const reciprocal = Math.floor(2 ** 24 / count), half = Math.floor(count / 2);
      for (let k = column * 3; k < column * 3 + 3; k++)
        small[row * across * 3 + k] = Math.floor(((sums[k] + half) * reciprocal) / 2 ** 24);
    }
  }
  return { data: small, width: across, height: down };
}

/** Keep the middle square. */
function cropped(picture) {
  const side = Math.min(picture.width, picture.height);
  return moved(picture, (picture.width - side) >> 1, (picture.height - side) >> 1, side, side);
}

/** Add black bars of equal width; an odd difference leaves the result one pixel off square. */
function padded(picture) {
  const side = Math.max(picture.width, picture.height);
  const left = (side - picture.width) >> 1, top = (side - picture.height) >> 1;
  return moved(picture, -left, -top, picture.width + 2 * left, picture.height + 2 * top);
}

/** Return a rectangle of a picture, black where it reaches beyond. */
function moved(picture, left, top, width, height) {
  const data = new Uint8Array(width * height * 3);
  const start = Math.max(left, 0), end = Math.min(left + width, picture.width);
  for (let y = Math.max(top, 0); y < Math.min(top + height, picture.height); y++) {
    const line = picture.data.subarray((y * picture.width + start) * 3, (y * picture.width + end) * 3);
    data.set(line, ((y - top) * width + start - left) * 3);
  }
  return { data, width, height };
}

function resized({ data, width, height }, size) {
  if (width === size && height === size) return data;
  const rows = height === size ? data : mixed(data, height, width * 3, size);
  const levels = new Uint8Array(size * size * 3);
  if (width === size) {
    for (let k = 0; k < levels.length; k++) levels[k] = level(rows[k]);
    return levels;
  }
  const turned = turnedOver(rows, size, width);
  const columns = mixed(turned, width, size * 3, size);
  for (let x = 0; x < size; x++)
    for (let y = 0; y < size; y++)
      for (let k = 0; k < 3; k++) levels[(y * size + x) * 3 + k] = level(columns[(x * size + y) * 3 + k]);
  return levels;
}

/** Exchange rows and columns of pixels. */
function turnedOver(pixels, height, width) {
  const turned = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let k = 0; k < 3; k++) turned[(x * height + y) * 3 + k] = pixels[(y * width + x) * 3 + k];
  return turned;
}

function level(value) {
  return Math.min(255, Math.max(0, Math.floor(f32(value + TIE_LIFT))));
}

/** Return `size` weighted means of neighbouring rows. */
function mixed(rows, count, length, size) {
  const { first, weights, taps } = triangle(count, size);
  const means = new Float32Array(size * length);
  for (let row = 0; row < size; row++)
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[row * taps + tap];
      if (weight === 0) continue; // adding nothing changes nothing
      const from = Math.min(first[row] + tap, count - 1) * length, to = row * length;
      for (let k = 0; k < length; k++) means[to + k] += f32(rows[from + k] * weight);
    }
  return means;
}

/** The first input and the weights of each output of an antialiased triangle filter, in 32 bits. */
function triangle(count, size) {
  const step = f32(1 / f32(size / count)), reach = Math.max(step, 1), inverse = f32(1 / reach);
  const first = new Int32Array(size), last = new Int32Array(size), centre = new Float32Array(size);
  const inside = (place) => Math.min(count - 1, Math.max(0, place));
  let taps = 1;
  for (let k = 0; k < size; k++) {
    centre[k] = f32(f32(k + 0.5) * step);
    first[k] = inside(Math.ceil(f32(f32(centre[k] - reach) - 0.5)));
    last[k] = inside(Math.floor(f32(f32(centre[k] + reach) - 0.5)));
    taps = Math.max(taps, last[k] - first[k] + 1);
  }
  const weights = new Float32Array(size * taps);
  for (let k = 0; k < size; k++) {
    let total = 0;
    for (let tap = 0; tap < taps; tap++) {
      const place = first[k] + tap;
      const distance = Math.abs(f32(f32(f32(place + 0.5) - centre[k]) * inverse));
      const weight = place <= last[k] ? Math.max(f32(1 - distance), 0) : 0;
      weights[k * taps + tap] = weight;
      total = f32(total + weight);
    }
    const share = f32(1 / total);
    for (let tap = 0; tap < taps; tap++) weights[k * taps + tap] = f32(weights[k * taps + tap] * share);
  }
  return { first, weights, taps };
}
