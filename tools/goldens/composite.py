"""Writes fixtures/goldens/composite/*.safetensors.

Reference: huggingface/diffusers 0.42.1, `FluxPipeline._pack_latents`,
`_unpack_latents` and `_prepare_latent_image_ids`
(pipelines/flux/pipeline_flux.py).

Usage: python tools/goldens/composite.py
"""

from pathlib import Path

import diffusers
import torch
from diffusers import FluxPipeline
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "composite"
OUT.mkdir(parents=True, exist_ok=True)

c, h, w = 5, 4, 6  # one panel
generator = torch.Generator().manual_seed(0)
panels = torch.randn(4, c, h, w, generator=generator)
before, after, query, answer = panels
quad = torch.cat([torch.cat([before, after], dim=2), torch.cat([query, answer], dim=2)], dim=1)
mask = torch.zeros(1, 1, 2 * h, 2 * w)
mask[..., h:, w:] = 1
save_file({
    "panels": panels,
    "quad": quad.contiguous(),
    "packed": FluxPipeline._pack_latents(quad[None], 1, c, 2 * h, 2 * w)[0].contiguous(),
    "mask": FluxPipeline._pack_latents(mask, 1, 1, 2 * h, 2 * w)[0, :, :1].contiguous(),
    "ids": FluxPipeline._prepare_latent_image_ids(1, h, w, "cpu", torch.float32).contiguous(),
}, OUT / "quad.safetensors", {
    "source": f"huggingface/diffusers {diffusers.__version__} FluxPipeline._pack_latents",
    "generator": "tools/goldens/composite.py",
    "seed": "0",
})
