// Sends one file by PUT to the address given, shows how far it is, and tells Python when it is there.
const active = new WeakMap();

const size = (bytes) => {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1000; unit += 1; }
  return `${bytes.toFixed(unit && bytes < 10 ? 1 : 0)}\u202f${units[unit]}`;
};

const cookie = (name) =>
  document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";

export default function ({ parentElement, data, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const zone = find(".zone"), input = find("input"), prompt = find(".prompt"), sending = find(".sending");
  const message = find(".message"), fill = find(".fill"), track = find(".track"), figures = find(".figures");
  const words = data.words;
  find(".drop").textContent = words.drop;
  find(".browse").textContent = words.browse;
  find(".cancel").textContent = words.cancel;

  const show = (isSending, text = "") => {
    prompt.hidden = isSending;
    sending.hidden = !isSending;
    message.textContent = text;
  };

  const refusal = (request) => {
    try {
      const told = JSON.parse(request.responseText);
      return [told.message, told.hint].filter(Boolean).join(" ") || words.refused;
    } catch { return words.refused; }
  };

  const send = (file) => {
    if (!file || active.has(zone)) return;
    if (file.size > data.limit) { show(false, `${words.too_large} (${size(file.size)} > ${size(data.limit)})`); return; }
    const request = new XMLHttpRequest();
    const began = performance.now();
    active.set(zone, request);
    find(".name").textContent = file.name;
    fill.style.width = "0";
    figures.textContent = words.sending;
    show(true);
    request.upload.onprogress = (event) => {
      const share = event.total ? event.loaded / event.total : 0;
      const seconds = (performance.now() - began) / 1000;
      const left = share > 0 ? Math.ceil(seconds / share - seconds) : 0;
      fill.style.width = `${share * 100}%`;
      track.setAttribute("aria-valuenow", Math.round(share * 100));
      figures.textContent = `${size(event.loaded)} / ${size(event.total)} · ${left}\u202fs ${words.left}`;
    };
    const ended = (text) => { active.delete(zone); input.value = ""; show(false, text); };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        ended(words.done);
        setTriggerValue("done", { token: data.token, name: file.name });
      } else { ended(refusal(request)); }
    };
    request.onerror = () => ended(words.lost);
    request.onabort = () => ended(words.cancelled);
    request.open("PUT", data.url);
    request.setRequestHeader("X-Xsrftoken", cookie("_streamlit_xsrf"));
    request.setRequestHeader("X-Graft-Name", encodeURIComponent(file.name));
    request.send(file);
  };

  input.onchange = () => send(input.files[0]);
  find(".cancel").onclick = () => active.get(zone)?.abort();
  zone.ondragover = (event) => { event.preventDefault(); zone.classList.add("over"); };
  zone.ondragleave = () => zone.classList.remove("over");
  zone.ondrop = (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    send(event.dataTransfer.files[0]);
  };
}
