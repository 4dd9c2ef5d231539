"""Writes fixtures/goldens/adamw/steps.safetensors.

Ten steps of `torch.optim.AdamW` of pytorch/pytorch v2.13 in float64 on the
CPU, from gradients that differ in magnitude.

Usage: python tools/goldens/adamw.py
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "adamw"
OPTIONS = dict(lr=3e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1)
SEED = 5

torch.manual_seed(SEED)
param = torch.randn(7, 9).double().requires_grad_()
grads = (torch.randn(10, 7, 9) * 10.0 ** -torch.arange(9)).double()
tensors = dict(param=param.detach().clone(), grads=grads)
optimizer = torch.optim.AdamW([param], **OPTIONS)
for step, grad in enumerate(grads, 1):
    param.grad = grad
    optimizer.step()
    state = optimizer.state[param]
    tensors |= {
        f"param.{step}": param.detach().clone(),
        f"m.{step}": state["exp_avg"].clone(),
        f"v.{step}": state["exp_avg_sq"].clone(),
    }
OUT.mkdir(parents=True, exist_ok=True)
save_file(
    {k: v.float().contiguous() for k, v in tensors.items()},
    OUT / "steps.safetensors",
    dict(
        source="pytorch/pytorch@v2.13 torch.optim.AdamW",
        generator="tools/goldens/adamw.py",
        seed=str(SEED),
        **{k: str(v) for k, v in OPTIONS.items()},
    ),
)
