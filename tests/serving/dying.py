"""A child like `serving.batch_child`, without a model: some examples end it."""

import json
import os
import sys
import time

from tl_core.modalities import child
from tl_core.serving import batches


def answer(batch: bytes, options: dict) -> dict:
    examples = batches.parted(batch)
    if b"die" in examples:
        os._exit(1)
    if b"hang" in examples:
        time.sleep(600)
    told = [{"reply": [one.decode(), len(examples), os.getpid()]} for one in examples]
    return {"reply": told}


if __name__ == "__main__":
    child.serve(answer, json.loads(sys.argv[1]), limit=lambda _: None)
