// A worker that reads files, makes large photographs smaller and computes checksums.
import { crc32 } from "./zip.js";

const QUALITY = 0.92;
const WHITE = "#fff"; // what the importer puts behind transparent parts, too

self.onmessage = async ({ data: { id, files, sidePx } }) => {
  const made = [];
  for (const file of files) made.push(await prepared(file, sidePx));
  self.postMessage({ id, made }, made.map((one) => one.bytes.buffer));
};

async function prepared(file, sidePx) {
  let bytes = new Uint8Array();
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
    if (sidePx && isLarge(bytes, sidePx)) bytes = (await smaller(bytes, sidePx)) ?? bytes;
  } catch {
    // Gone or not decodable: it goes as it is, and is named and set aside by the importer.
  }
  return { bytes, crc: crc32(bytes) };
}

/** Return a JPEG with the longer side `sidePx`, upright, with the colour numbers left as they are. */
async function smaller(bytes, sidePx) {
  const bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });
  const scale = sidePx / Math.max(bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)),
  );
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = WHITE;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  return jpeg.size < bytes.length ? new Uint8Array(await jpeg.arrayBuffer()) : null;
}

/** Tell from the first bytes whether this is a picture that a browser makes smaller faithfully. */
function isLarge(bytes, sidePx) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = jpegSize(view) ?? pngSize(view) ?? webpSize(view);
  return size !== null && Math.max(...size) > sidePx;
}

function jpegSize(view) {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
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
