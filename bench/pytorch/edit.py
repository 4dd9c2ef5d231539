"""Times whole edits of the embedded model in PyTorch f32, beside bench/edit_bench.ts.

The loop of tools/goldens/edit.py on diffusers 0.42.1, with two threads.

Usage: python bench/pytorch/edit.py
"""

import json
import statistics
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "goldens"))
import edit as golden  # noqa: E402

torch.set_num_threads(2)
pipe, prompt = golden.load()
pipe.load_lora_weights(golden.LORA)
seconds = []
with torch.inference_mode():
    for _ in range(4):
        start = time.perf_counter()
        golden.edit(pipe, prompt, 42)
        seconds.append(time.perf_counter() - start)
print(json.dumps({"median": statistics.median(seconds[1:]), "fastest": min(seconds)}))
