"""A model as one HTML file that runs in any browser of 2023 or later, from the disk and without the internet.

    compose.py    puts model, runtime, words and programs into the page
    runtime.py    ONNX Runtime Web, which is fetched once
    words.py      what the page says
    runner.py     asks the page in a Chromium that nobody sees
    page.*        what people see; unknowns.js tells "none of these"

How pictures are opened and made smaller is `modalities/picture/browser.js`.
"""
