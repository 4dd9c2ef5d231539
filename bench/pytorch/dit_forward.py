"""Times PyTorch f32 on the shapes of bench/dit_bench.ts, with two threads.

`FluxTransformer2DModel` and its blocks of huggingface/diffusers v0.42.1.

Usage: python bench/pytorch/dit_forward.py
"""

import statistics
import time
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel
from diffusers.models.transformers.transformer_flux import (
    FluxPosEmbed,
    FluxSingleTransformerBlock,
    FluxTransformerBlock,
)

MICRO = Path(__file__).parents[2] / "models" / "micro" / "transformer"


def ids(rows, columns):
    grid = torch.zeros(rows, columns, 3)
    grid[..., 1] = torch.arange(rows)[:, None]
    grid[..., 2] = torch.arange(columns)[None]
    return grid.reshape(-1, 3)


def report(name, run, repeats=20):
    times = []
    with torch.inference_mode():
        for _ in range(repeats + 3):
            start = time.perf_counter()
            run()
            times.append(1e3 * (time.perf_counter() - start))
    times = sorted(times[3:])
    print(f"{name}: median {statistics.median(times):.2f} ms, fastest {times[0]:.2f} ms")


torch.set_num_threads(2)

micro = FluxTransformer2DModel.from_pretrained(MICRO, torch_dtype=torch.float32).eval()
inputs = dict(
    hidden_states=torch.randn(1, 64, micro.config.in_channels),
    encoder_hidden_states=torch.randn(1, 32, micro.config.joint_attention_dim),
    pooled_projections=torch.randn(1, micro.config.pooled_projection_dim),
    timestep=torch.tensor([0.5]),
    guidance=torch.tensor([1.0]),
    img_ids=ids(8, 8),
    txt_ids=torch.zeros(32, 3),
)
report("micro forward 64 + 32 tokens", lambda: micro(**inputs))

T, I, C = 8, 24, 3072
pe = FluxPosEmbed(10000, [16, 56, 56])(torch.cat([torch.zeros(T, 3), ids(4, 6)]))
img, txt, vec = torch.randn(1, I, C), torch.randn(1, T, C), torch.randn(1, C)
double = FluxTransformerBlock(C, 24, 128).eval()
report("FLUX-width double block 24 + 8 tokens", lambda: double(img, txt, vec, pe))
del double
single = FluxSingleTransformerBlock(C, 24, 128).eval()
report("FLUX-width single block 32 tokens", lambda: single(img, txt, vec, pe))
