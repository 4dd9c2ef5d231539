"""Times PyTorch's attention on the shapes of bench/attention_bench.ts.

scaled_dot_product_attention, bf16 on CUDA and f32 on the cpu; counted are
4 H L^2 D operations forward and 10 backward.

Usage: python bench/pytorch/attention.py [--heads 24] [--lengths 288,1536,4608]
"""

import argparse
import statistics
import time

import torch
from torch.nn.functional import scaled_dot_product_attention

parser = argparse.ArgumentParser()
parser.add_argument("--heads", type=int, default=24)
parser.add_argument("--lengths", default="288,1536,4608")
flags = parser.parse_args()
cuda = torch.cuda.is_available()
device, dtype = ("cuda", torch.bfloat16) if cuda else ("cpu", torch.float32)
H, D = flags.heads, 128


def seconds(run):
    times = []
    for _ in range(13):
        start = time.perf_counter()
        run()
        if cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[3:])


print(f"| PyTorch {torch.__version__} {device} {str(dtype)[6:]} | time | rate |")
print("| --- | ---: | ---: |")
for L in map(int, flags.lengths.split(",")):
    q, k, v, g = (torch.randn(1, H, L, D, device=device, dtype=dtype) for _ in range(4))
    for t in (q, k, v):
        t.requires_grad_()
    y = scaled_dot_product_attention(q, k, v)
    with torch.no_grad():
        forward = seconds(lambda: scaled_dot_product_attention(q, k, v))
    backward = seconds(lambda: torch.autograd.grad(y, (q, k, v), g, retain_graph=True))
    for name, spent, count in [("forward", forward, 4), ("backward", backward, 10)]:
        rate = count * H * L * L * D / spent / 1e9
        print(f"| {name}, {H} x {L} x {D} | {1000 * spent:.3g} ms | {rate:.3g} GFLOP/s |")
