// Numbers as people read them.
const UNITS = ["B", "kB", "MB", "GB"];

export function size(bytes) {
  let unit = 0;
  while (bytes >= 1000 && unit < UNITS.length - 1) { bytes /= 1000; unit += 1; }
  return `${bytes.toFixed(unit && bytes < 10 ? 1 : 0)}\u202f${UNITS[unit]}`;
}

export function count(number) {
  return number.toLocaleString(document.documentElement.lang || undefined);
}

export function duration(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)}\u202fs` : `${Math.ceil(seconds / 60)}\u202fmin`;
}

/** Put values where a sentence names them in braces. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
