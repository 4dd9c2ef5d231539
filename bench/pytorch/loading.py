"""Times Python's safetensors on a file, for bench/loading_bench.ts: ms as JSON.

- "safetensors load_file": memory is mapped, so that nothing is read yet.
- "… and copied": each array is then copied once, as into memory of its own.
- "… and checked": as well, all values are checked to be finite.

Usage: python bench/pytorch/loading.py FILE
"""

import json
import sys
import time

import torch
from safetensors.torch import load_file

torch.set_num_threads(2)


def timed(run):
    start = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - start)


def copied(check=False):
    kept = []
    for value in load_file(sys.argv[1]).values():
        kept.append(value.clone())
        assert not check or value.isfinite().all()


print(json.dumps({
    "safetensors load_file": timed(lambda: load_file(sys.argv[1])),
    "safetensors, copied": timed(copied),
    "safetensors, copied and checked": timed(lambda: copied(True)),
}))
