"""Asks a web page in a Chromium that nobody sees, from the disk and without the internet; run as a script itself.

Knows nothing of Graft. Standard input is one JSON object {"page": FILE, "chromium": FILE or null,
"pictures": [FILE, …]}; the answers go to the `.npy` file named as argument, NaN for a picture that
the page does not open or marks as read by other rules, and to `measured.json` beside it which these
are and what was measured.
"""

import json
import pathlib
import sys

import numpy as np
from playwright.sync_api import Page, sync_playwright

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
FLAGS += ("--disable-background-networking", "--disable-component-update")
LOAD_TIMEOUT_MS = 120_000
AT_ONCE = 20
TIMED = 20
"""Of how many answers the median is taken."""
CHOOSER = 'document.body.append(Object.assign(document.createElement("input"), {type: "file", multiple: true, id: "asked"}))'
ANSWERS = """
(async () => {
  const told = [];
  for (const file of document.getElementById("asked").files)
    told.push((await isReadOtherwise(file)) ? null : await answer(file).then(({ answers }) => answers, () => null));
  return told;
})()
"""
SECONDS = f"""
(async () => {{
  const pixels = new Uint8Array(told.size * told.size * 3).fill(128), spent = [];
  for (let k = 0; k <= {TIMED}; k++) {{
    const start = performance.now();
    await answerFor(pixels);
    spent.push(performance.now() - start);
  }}
  return spent.slice(1).sort((a, b) => a - b)[{TIMED // 2}] / 1000;
}})()
"""


def main(answers_file: str) -> None:
    asked = json.load(sys.stdin)
    with sync_playwright() as starter:
        browser = starter.chromium.launch(executable_path=asked["chromium"], args=[*FLAGS])
        page = browser.new_context(offline=True).new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(pathlib.Path(asked["page"]).as_uri())
        page.wait_for_selector("body[data-state]", timeout=LOAD_TIMEOUT_MS)
        if page.get_attribute("body", "data-state") != "ready":
            raise SystemExit(f"the page did not load: {faults}")
        rows = _answers(page, asked["pictures"])
        versions = {"Chromium": browser.version, "onnxruntime-web": _run(page, "runtimeVersion")}
        refused = np.flatnonzero(np.isnan(rows).all(axis=1)).tolist()
        measured = {"seconds_each": _run(page, SECONDS), "versions": versions, "refused": refused}
        browser.close()
    np.save(answers_file, rows)
    pathlib.Path(answers_file).with_name("measured.json").write_text(json.dumps(measured), "utf-8")


def _answers(page: Page, pictures: list[str]) -> np.ndarray:
    """Return what the page says of pictures, as a person would give them to it."""
    outputs = int(_run(page, "told.names.length"))
    _run(page, CHOOSER)
    rows: list[list[float]] = []
    for start in range(0, len(pictures), AT_ONCE):
        page.set_input_files("#asked", pictures[start : start + AT_ONCE])
        # A network whose answer is no number at all is at fault: it must not pass for a refusal.
        rows += [
            [np.nan] * outputs if row is None else [_number(x) for x in row]
            for row in _run(page, ANSWERS)
        ]
    return np.asarray(rows, np.float32).reshape(-1, outputs)


def _number(value: float | None) -> float:
    """Return an answer; what is no finite number came as nothing."""
    return float("inf") if value is None else value


def _run(page: Page, text: str):
    """Run JavaScript through the debugger, which the page's own policy does not forbid."""
    session = page.context.new_cdp_session(page)
    asked = {"expression": text, "awaitPromise": True, "returnByValue": True}
    found = session.send("Runtime.evaluate", asked)
    session.detach()
    if "exceptionDetails" in found:
        raise SystemExit(f"the page failed: {found['exceptionDetails']}")
    return found["result"].get("value")


if __name__ == "__main__":
    main(sys.argv[1])
