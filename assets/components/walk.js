// What was dropped or chosen, as flat lists: files with their paths, folders that may be empty, archives.
const ARCHIVE = /\.(zip|tar|tgz|tar\.gz|tar\.bz2|tar\.xz|tbz2|txz|graft)$/i;

/** Take the entries out of a drop. Call it inside the event: afterwards the browser has emptied it. */
export function entriesOf(transfer) {
  return [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry() ?? item.getAsFile())
    .filter(Boolean);
}

/** Read entries to the bottom: { files: [{ path, file }], folders: [path], archives: [File], name }. */
export async function walk(entries, signal, onFound = () => {}) {
  const found = { files: [], folders: [], archives: [], name: nameOf(entries.map((entry) => entry.name)) };
  for (const entry of entries) {
    if (entry instanceof File) sort(found, entry.name, entry, true);
    else await visit(entry, found, true, signal, onFound);
  }
  return ordered(found);
}

/** The same for the files of an <input>; those of a folder carry their relative path. */
export function listed(files) {
  const paths = [...files].map((file) => file.webkitRelativePath || file.name);
  const found = { files: [], folders: [], archives: [], name: nameOf(paths.map((path) => path.split("/")[0])) };
  [...files].forEach((file, index) => sort(found, paths[index], file, !file.webkitRelativePath));
  return ordered(found);
}

async function visit(entry, found, isTop, signal, onFound) {
  signal.throwIfAborted();
  const path = entry.fullPath.replace(/^\/+/, "");
  if (entry.isDirectory) {
    found.folders.push(path);
    await visitFolder(entry, found, signal, onFound);
  } else {
    sort(found, path, await fileOf(entry), isTop);
    if (found.files.length % 100 === 0) onFound(found.files.length);
  }
}

async function visitFolder(entry, found, signal, onFound) {
  const reader = entry.createReader();
  // The browser hands out a hundred at a time and says with an empty list that there are no more.
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0) return;
    const files = await Promise.all(some.map((child) => (child.isFile ? fileOf(child) : null)));
    for (const [index, child] of some.entries()) {
      if (child.isFile) sort(found, child.fullPath.replace(/^\/+/, ""), files[index], false);
      else await visit(child, found, false, signal, onFound);
    }
    signal.throwIfAborted();
    onFound(found.files.length);
  }
}

/** A file that may not be read comes as an empty one, which the other side names and sets aside. */
function fileOf(entry) {
  return new Promise((resolve) => entry.file(resolve, () => resolve(new File([], entry.name))));
}

function sort(found, path, file, isTop) {
  if (isTop && ARCHIVE.test(path)) found.archives.push(file);
  else found.files.push({ path, file });
}

/** Browsers list in any order; the same folder is to give the same data set each time. */
function ordered(found) {
  found.files.sort((one, other) => (one.path < other.path ? -1 : 1));
  found.folders.sort();
  return found;
}

function nameOf(tops) {
  const names = new Set(tops);
  return names.size === 1 ? [...names][0].replace(ARCHIVE, "") : "";
}
