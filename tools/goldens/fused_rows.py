"""Writes fixtures/goldens/gradients/{layer_norm_modulate,rms_norm_rope}.safetensors.

Results and gradients by autograd of pytorch/pytorch v2.13 in float64 on the
CPU, of `sum(y * weights)`: layer norm with adaptive scale and shift as in
`AdaLayerNormZero`, RMS norm and rotation of two streams joined as in
`FluxAttnProcessor` of huggingface/diffusers v0.42.1. Rows have magnitude 1,
0.1, 0.01 and 0.001, which a wrong eps shifts.

Usage: python tools/goldens/fused_rows.py
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "gradients"
SEED = 13
EPS = 1e-6


def draw(*shape):
    """Values that f32 holds exactly."""
    return torch.randn(shape).double()


def rows(*shape):
    """Rows of magnitude 1, 0.1, 0.01 and 0.001, in turn."""
    x = torch.randn(shape)
    scale = 10.0 ** -(torch.arange(x[..., 0].numel()) % 4)
    return (x * scale.reshape(shape[:-1] + (1,))).double()


def operation(name, run, constants={}, **operands):
    leaves = {k: v.clone().requires_grad_() for k, v in operands.items()}
    y = run(**leaves)
    weights = draw(*y.shape)
    (y * weights).sum().backward()
    gradients = {f"d.{k}": v.grad for k, v in leaves.items()}
    tensors = operands | constants | gradients | dict(weights=weights, y=y)
    tensors = {k: v.float().detach().contiguous().clone() for k, v in tensors.items()}
    metadata = dict(
        source="pytorch/pytorch@v2.13", generator="tools/goldens/fused_rows.py", seed=str(SEED)
    )
    save_file(tensors, OUT / f"{name}.safetensors", metadata)


def rotated(x, cos, sin):
    """`apply_rotary_emb` of diffusers, which would round to f32."""
    even, odd = x.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


torch.manual_seed(SEED)
torch.set_num_threads(1)
operation(
    "layer_norm_modulate",
    lambda x, shift, scale: F.layer_norm(x, (48,), eps=EPS) * (1 + scale[:, None]) + shift[:, None],
    x=rows(2, 6, 48),
    shift=draw(2, 48),
    scale=draw(2, 48),
)
angles = draw(7, 8)
cos, sin = angles.cos().float().double(), angles.sin().float().double()
operation(
    "rms_norm_rope",
    lambda txt, img, txt_weight, img_weight: rotated(
        torch.cat(
            [F.rms_norm(txt, (16,), txt_weight, EPS), F.rms_norm(img, (16,), img_weight, EPS)], 1
        ).transpose(1, 2),
        cos,
        sin,
    ),
    dict(cos=cos, sin=sin),
    txt=rows(2, 3, 5, 16),
    img=rows(2, 4, 5, 16),
    txt_weight=draw(16),
    img_weight=draw(16),
)
