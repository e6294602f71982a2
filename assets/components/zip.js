// Writes zip archives without compressing: pictures are compressed already.
//
// Why no library: one part of an upload is closed as soon as it has 16 MiB or 60,000 entries, so its size must be
// known while it grows, and the checksums come ready from the workers that read the files. client-zip (2.5.1), the
// smallest one, takes no checksum: it works each out on the thread of the page, and knows the size at the end.
// Its zip64 is not needed, as no part comes near 4 GiB; nor is its streaming, as a part is sent again if it is lost.
const TABLE = new Uint32Array(256).map((_, byte) => {
  for (let bit = 0; bit < 8; bit += 1) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte >>> 0;
});
const UTF8 = 0x800;
const LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22;
const MIDNIGHT = (1 << 5) | 1; // 1 January 1980: the same files give the same archive

export function crc32(bytes) {
  let crc = 0xffffffff;
  for (let index = 0; index < bytes.length; index += 1) crc = TABLE[(crc ^ bytes[index]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** One archive in the making; it holds fewer than 65,536 entries and 4 GiB. */
export class Zip {
  constructor() {
    this.pieces = [];
    this.directory = [];
    this.size = 0;
    this.entries = 0;
  }

  /** Add a file; `crc` is the checksum of `bytes`. */
  add(path, bytes, crc) {
    const name = new TextEncoder().encode(path);
    const fields = [
      [2, 20], [2, UTF8], [2, 0], [2, 0], [2, MIDNIGHT],
      [4, crc], [4, bytes.byteLength], [4, bytes.byteLength], [2, name.length],
    ];
    const local = packed(LOCAL_BYTES, [[4, 0x04034b50], ...fields, [2, 0]]);
    const central = packed(CENTRAL_BYTES, [
      [4, 0x02014b50], [2, 20], ...fields, [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, this.size],
    ]);
    this.pieces.push(local, name, bytes);
    this.directory.push(central, name);
    this.size += local.length + name.length + bytes.byteLength;
    this.entries += 1;
  }

  addFolder(path) {
    this.add(`${path}/`, new Uint8Array(), 0);
  }

  finish() {
    const length = this.directory.reduce((sum, piece) => sum + piece.length, 0);
    const end = packed(END_BYTES, [
      [4, 0x06054b50], [2, 0], [2, 0], [2, this.entries], [2, this.entries], [4, length], [4, this.size], [2, 0],
    ]);
    return new Blob([...this.pieces, ...this.directory, end]);
  }
}

/** Return little-endian fields, each given as [bytes, value], one after the other. */
function packed(length, fields) {
  const view = new DataView(new ArrayBuffer(length));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}
