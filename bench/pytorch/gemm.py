"""PyTorch's matrix product, as bench/peers/serve.ts serves the others.

Usage: python bench/pytorch/gemm.py f32 | bf16
"""

import json
import sys
import time

import torch

dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[sys.argv[1]]
cuda = torch.cuda.is_available()
device = "cuda" if cuda else "cpu"
torch.backends.cuda.matmul.allow_tf32 = False
name = f"PyTorch {torch.__version__} {device}, {sys.argv[1]}"
print(json.dumps({"name": name}), flush=True)


def timed(a, b, count):
    start = time.perf_counter()
    for _ in range(count):
        a @ b  # [M, N]
    if cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start


operands = {}
for line in sys.stdin:
    task = json.loads(line)
    M, K, N = task["M"], task["K"], task["N"]
    if (M, K, N) not in operands:
        a = torch.randn(M, K, device=device, dtype=dtype)
        b = torch.randn(K, N, device=device, dtype=dtype)
        operands[M, K, N] = a, b
        timed(a, b, 1)
    a, b = operands[M, K, N]
    timed(a, b, 1)
    until = time.perf_counter() + task["milliseconds"] / 1000
    seconds, count = [], 1
    while not seconds or time.perf_counter() < until:
        elapsed = timed(a, b, count)
        seconds.append(elapsed / count)
        if elapsed < 0.02:
            count *= 2
    print(json.dumps(seconds), flush=True)
