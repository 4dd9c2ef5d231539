"""Writes fixtures/goldens/flow/*.safetensors.

Reference: huggingface/diffusers 0.42.1, `FlowMatchEulerDiscreteScheduler`
(schedulers/scheduling_flow_match_euler_discrete.py) with `calculate_shift`
(pipelines/flux/pipeline_flux.py); pytorch 2.13.0, `torch.randn` on the CPU
generator; CUC-MIPG/Edit-Transfer@c44a846, toolkit/pipeline_flux_inpaint.py, for
the standardised noise.

Usage: python tools/goldens/flow.py
"""

from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux.pipeline_flux import calculate_shift, retrieve_timesteps
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "flow"


def write(name, tensors, metadata):
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.safetensors"
    metadata = {"generator": "tools/goldens/flow.py", **metadata}
    save_file({k: v.contiguous() for k, v in tensors.items()}, path, metadata)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")


def sigmas(steps, tokens, **config):
    scheduler = FlowMatchEulerDiscreteScheduler(**config)
    c = scheduler.config
    mu = calculate_shift(tokens, c.base_image_seq_len, c.max_image_seq_len, c.base_shift, c.max_shift)
    retrieve_timesteps(scheduler, steps, "cpu", sigmas=np.linspace(1.0, 1 / steps, steps), mu=mu)
    return scheduler.sigmas


dynamic = {"use_dynamic_shifting": True, "shift": 3.0, "base_shift": 0.5, "max_shift": 1.15}
write("sigmas", {
    "dynamic_256": sigmas(35, 256, **dynamic),
    "dynamic_1024": sigmas(28, 1024, **dynamic),
    "dynamic_4096": sigmas(35, 4096, **dynamic),
    "dynamic_one_step": sigmas(1, 4096, **dynamic),
    "static_3": sigmas(35, 4096, shift=3.0),
    "static_1.15": sigmas(20, 4096, shift=1.15),
    "static_1": sigmas(4, 256, shift=1.0),
}, {"source": f"huggingface/diffusers {diffusers.__version__} FlowMatchEulerDiscreteScheduler"})


def randn(seed, *shape):
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))


def standardised(seed, *shape):
    noise = randn(seed, *shape).bfloat16().float()
    return noise / (noise.std(dim=(2, 3), keepdim=True) + 1e-6)


write("noise", {
    **{f"randn_{seed}": randn(seed, 1, 16, 16, 16)[0] for seed in (0, 42, 123456789)},
    f"randn_{2**32 + 42}": randn(2**32 + 42, 32),
    f"randn_{2**53 - 1}": randn(2**53 - 1, 32),
    **{f"count_{n}": randn(7, n) for n in (1, 2, 5, 15, 16, 17, 31, 33, 625)},
    **{f"standardised_{seed}": standardised(seed, 1, 16, 16, 12)[0] for seed in (0, 42, 123456789)},
}, {"source": f"pytorch {torch.__version__} torch.randn, CPU generator", "seed": "0, 42, 123456789"})

LARGE = (2**32 - 1, 2**53, 2**53 + 1, 2**63 + 12345, 2**64 - 2, 2**64 - 1)
write("large_seeds", {f"randn_{seed}": randn(seed, 32) for seed in LARGE},
      {"source": f"pytorch {torch.__version__} torch.randn, CPU generator", "seed": ", ".join(map(str, LARGE))})
