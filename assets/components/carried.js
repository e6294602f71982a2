// What a paste, or a drag out of another web page, carries: a picture itself, or only where it lies.

const INSIDE = /^data:image\/(png|jpeg|gif|webp|bmp|avif);base64,([a-z0-9+/=\s]+)$/i;
const NAMELESS = /^image\.\w+$/i; // what browsers call a picture that was copied

/** Return the pictures that a transfer carries as files, or written out inside of it. */
export function pictures(transfer, name) {
  const files = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.getAsFile()).filter(Boolean);
  if (files.length) return files.map((file) => named(file, name));
  const written = addresses(transfer).map((address) => address.match(INSIDE)).filter(Boolean);
  return written.slice(0, 1).map(([, kind, text]) => fileOf(kind.toLowerCase(), text, name)).filter(Boolean);
}

/** Say whether it carries the address of something, which this page is not allowed to fetch. */
export function isOnlyAddress(transfer) {
  return addresses(transfer).length > 0;
}

function addresses(transfer) {
  const listed = transfer.getData("text/uri-list").split(/\r?\n/).filter((line) => line && !line.startsWith("#"));
  const html = transfer.getData("text/html");
  // The text is parsed, never shown: nothing in it is loaded or run.
  const shown = html ? [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("img[src]")] : [];
  return [...shown.map((image) => image.getAttribute("src")), ...listed];
}

function fileOf(kind, text, name) {
  try {
    const bytes = Uint8Array.from(atob(text.replace(/\s/g, "")), (sign) => sign.charCodeAt(0));
    return new File([bytes], `${name}.${kind === "jpeg" ? "jpg" : kind}`, { type: `image/${kind}` });
  } catch { return null; } // it was cut off on the way
}

function named(file, name) {
  if (!NAMELESS.test(file.name)) return file;
  return new File([file], file.name.replace("image", name), { type: file.type });
}

/** Say whether a person who pastes writes into a field, where the paste belongs. */
export function isWriting(event) {
  return event.composedPath().some((one) => one.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(one.tagName ?? ""));
}
