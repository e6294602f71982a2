// A worker that reads files, computes checksums and, where that is wanted, makes large photographs smaller.
// What is made smaller here is no longer quite what the importer would make of the photo itself (it takes means
// of whole blocks): so it is the exception, and a sample goes whole as well, for exports to be checked on.
import { crc32 } from "./zip.js";

const QUALITY = 0.92;
const WHITE = "#fff"; // what the importer puts behind transparent parts, too
// Such a browser also turns what it decoded upright when it draws it.
const DECODES_PARTLY = "ImageDecoder" in self && "rotation" in VideoFrame.prototype;

self.onmessage = async ({ data: { id, files, sidePx, isKept } }) => {
  const made = [];
  for (const [index, file] of files.entries()) made.push(await prepared(file, sidePx, isKept[index]));
  const all = made.flatMap((one) => (one.whole ? [one, one.whole] : [one]));
  self.postMessage({ id, made }, all.map((one) => one.bytes.buffer));
};

/** Return a file's bytes; `whole` holds it as it was if it was made smaller and `isKept`. */
async function prepared(file, sidePx, isKept) {
  let bytes = new Uint8Array(), small = null;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
    const size = sidePx ? sizeOf(bytes) : null;
    if (size && Math.max(...size) > sidePx) small = await smaller(bytes, size, sidePx);
  } catch {
    // Gone or not decodable: it goes as it is, and is named and set aside by the importer.
  }
  if (!small) return summed(bytes);
  return { ...summed(small), whole: isKept ? summed(bytes) : null };
}

const summed = (bytes) => ({ bytes, crc: crc32(bytes) });

/** Return a JPEG with the longer side `sidePx`, upright, with the colour numbers left as they are. */
async function smaller(bytes, size, sidePx) {
  const picture = await decoded(bytes, size, sidePx);
  const [width, height] = [picture.displayWidth ?? picture.width, picture.displayHeight ?? picture.height];
  // The size in the file is that before it is turned upright.
  const [wide, high] = width > height === size[0] > size[1] ? size : size.toReversed();
  const scale = sidePx / Math.max(wide, high);
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(wide * scale)), Math.max(1, Math.round(high * scale)),
  );
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = WHITE;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  return jpeg.size < bytes.length ? new Uint8Array(await jpeg.arrayBuffer()) : null;
}

/** Decode; a JPEG at a half, a quarter … of its size if that is enough, where the browser can: twice as fast. */
async function decoded(bytes, size, sidePx) {
  const part = 2 ** Math.floor(Math.log2(Math.max(...size) / sidePx));
  if (part > 1 && isJpeg(viewOf(bytes)) && DECODES_PARTLY) {
    const [desiredWidth, desiredHeight] = size.map((side) => Math.ceil(side / part));
    const decoder = new ImageDecoder(
      { data: bytes, type: "image/jpeg", colorSpaceConversion: "none", desiredWidth, desiredHeight },
    );
    try {
      return (await decoder.decode()).image;
    } finally {
      decoder.close();
    }
  }
  return createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });
}

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const isJpeg = (view) => view.byteLength >= 4 && view.getUint16(0) === 0xffd8;

/** Return the size of a picture that a browser makes smaller faithfully, from its first bytes; else null. */
function sizeOf(bytes) {
  const view = viewOf(bytes);
  return jpegSize(view) ?? pngSize(view) ?? webpSize(view);
}

function jpegSize(view) {
  if (!isJpeg(view)) return null;
  for (let at = 2; at + 9 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    // Four channels are printers' colours, which browsers and the importer translate differently.
    if (isFrame) return view.getUint8(at + 9) === 4 ? null : [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
  return null;
}

function pngSize(view) {
  if (view.byteLength < 26 || view.getUint32(0) !== 0x89504e47) return null;
  return view.getUint8(24) > 8 ? null : [view.getUint32(16), view.getUint32(20)];
}

function webpSize(view) {
  if (view.byteLength < 30 || view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return null;
  const three = (at) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  switch (view.getUint32(12)) {
    case 0x56503858: return [three(24) + 1, three(27) + 1];
    case 0x56503820: return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    case 0x5650384c: {
      const bits = view.getUint32(21, true);
      return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
    }
    default: return null;
  }
}
