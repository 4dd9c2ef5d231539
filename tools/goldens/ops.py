"""Writes fixtures/goldens/ops/*.safetensors.

Operations of pytorch/pytorch v2.13 in float32 on the CPU, and
`apply_rotary_emb` of huggingface/diffusers v0.42.1,
src/diffusers/models/embeddings.py. Images are stored as (B, h, w, C) and
convolution weights as (Cout, kh, kw, Cin). Norms have rows of magnitude 1,
0.1, 0.01 and 0.001, which a wrong eps shifts.

Usage: python tools/goldens/ops.py
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers.models.embeddings import apply_rotary_emb
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "ops"
SEED = 7


def write(name, tensors, **metadata):
    OUT.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    metadata |= dict(
        source="pytorch/pytorch@v2.13", generator="tools/goldens/ops.py", seed=SEED
    )
    save_file(tensors, OUT / f"{name}.safetensors", {k: str(v) for k, v in metadata.items()})


def rows(*shape):
    """Rows of magnitude 1, 0.1, 0.01 and 0.001, in turn."""
    x = torch.randn(shape)
    scale = 10.0 ** -(torch.arange(x[..., 0].numel()) % 4)
    return x * scale.reshape(shape[:-1] + (1,))


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def matmul():
    a, b = torch.randn(3, 13, 70), torch.randn(3, 70, 21)
    write("matmul", dict(a=a, b=b, y=a @ b))
    x, weight, bias = torch.randn(2, 11, 70), torch.randn(33, 70), torch.randn(33)
    write("linear", dict(x=x, weight=weight, bias=bias, y=F.linear(x, weight, bias)))
    half = weight.bfloat16()
    write("linear_bf16", dict(x=x, weight=half, y=F.linear(x, half.float())))


def linear_fused():
    """Branches, activation and gated residual; seeded apart from the others."""
    g = torch.Generator().manual_seed(SEED)
    randn = lambda *shape: torch.randn(shape, generator=g)
    x, weight, bias = randn(2, 11, 70), randn(33, 70) / 8, randn(33)
    a, b = randn(5, 70) / 8, randn(33, 5)
    stream, gate = randn(2, 11, 33), randn(2, 33)
    inputs = dict(x=x, weight=weight, bias=bias, a=a, b=b, stream=stream, gate=gate)
    y = F.linear(x, weight, bias) + 0.5 * F.linear(F.linear(x, a), b)
    functions = dict(
        gelu=F.gelu,
        geluTanh=lambda y: F.gelu(y, approximate="tanh"),
        silu=F.silu,
        quickGelu=lambda y: y * torch.sigmoid(1.702 * y),
    )
    outputs = {n: stream + gate[:, None] * f(y) for n, f in functions.items()}
    write("linear_fused", inputs | outputs, scale=0.5)


def attention():
    q, k, v = torch.randn(2, 3, 9, 20), torch.randn(2, 3, 26, 20), torch.randn(2, 3, 26, 20)
    bias = torch.randn(1, 3, 9, 26)
    write("attention", dict(q=q, k=k, v=v, y=F.scaled_dot_product_attention(q, k, v)))
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=1.0)
    write("attention_bias", dict(q=q, k=k, v=v, bias=bias, y=y), scale=1.0)
    q, k, v = torch.randn(3, 1, 1, 30, 512)
    write("attention_wide", dict(q=q, k=k, v=v, y=F.scaled_dot_product_attention(q, k, v)))


def pointwise():
    x = torch.cat([torch.linspace(-12, 12, 401), torch.randn(99), 1e-3 * torch.randn(99)])
    write(
        "unary",
        dict(
            x=x,
            exp=x.exp(),
            tanh=x.tanh(),
            sigmoid=x.sigmoid(),
            silu=F.silu(x),
            gelu=F.gelu(x),
            geluTanh=F.gelu(x, approximate="tanh"),
            quickGelu=x * torch.sigmoid(1.702 * x),
        ),
    )
    x, shift, scale, y = torch.randn(2, 5, 24), torch.randn(2, 24), torch.randn(2, 24), torch.randn(2, 5, 24)
    write("modulate", dict(x=x, shift=shift, scale=scale, y=x * (1 + scale[:, None]) + shift[:, None]))
    write("add_gated", dict(x=x, gate=scale, y=y, out=x + scale[:, None] * y))


def norms():
    x, weight, bias = rows(2, 4, 96), torch.randn(96), torch.randn(96)
    write("layer_norm", dict(x=x, y=F.layer_norm(x, (96,), eps=1e-6)), eps=1e-6)
    y = F.layer_norm(x, (96,), weight, bias, eps=1e-5)
    write("layer_norm_affine", dict(x=x, weight=weight, bias=bias, y=y), eps=1e-5)
    write("rms_norm", dict(x=x, weight=weight, y=F.rms_norm(x, (96,), weight, eps=1e-6)), eps=1e-6)
    # one magnitude a sample
    x = torch.randn(4, 24, 5, 7) * 10.0 ** -torch.arange(4).reshape(4, 1, 1, 1)
    weight, bias = torch.randn(24), torch.randn(24)
    y = F.group_norm(x, 6, weight, bias, eps=1e-6)
    write(
        "group_norm",
        dict(x=nhwc(x), weight=weight, bias=bias, y=nhwc(y), silu=nhwc(F.silu(y))),
        eps=1e-6,
        groups=6,
    )
    x = 30 * torch.randn(5, 61)
    write("softmax", dict(x=x, y=x.softmax(-1)))


def rope():
    x = torch.randn(2, 3, 10, 16)
    angles = 50 * torch.randn(10, 8)
    cos, sin = angles.cos(), angles.sin()
    tables = cos.repeat_interleave(2, -1), sin.repeat_interleave(2, -1)
    write("rope", dict(x=x, cos=cos, sin=sin, y=apply_rotary_emb(x, tables)))


def conv2d():
    cases = dict(
        same=dict(kernel=(3, 3), stride=1, padding=(1, 1, 1, 1)),
        down=dict(kernel=(3, 3), stride=2, padding=(0, 1, 0, 1)),
        point=dict(kernel=(1, 1), stride=1, padding=(0, 0, 0, 0)),
        odd=dict(kernel=(4, 2), stride=3, padding=(2, 0, 1, 3)),
    )
    for name, case in cases.items():
        top, bottom, left, right = case["padding"]
        x, bias = torch.randn(2, 10, 9, 12), torch.randn(14)
        weight = torch.randn(14, 10, *case["kernel"])
        y = F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, case["stride"])
        write(
            f"conv2d_{name}",
            dict(x=nhwc(x), weight=nhwc(weight), bias=bias, y=nhwc(y)),
            stride=case["stride"],
            padding=list(case["padding"]),
        )


def layout():
    x = torch.randn(2, 3, 4, 5)
    write("upsample_nearest2d", dict(x=nhwc(x), y=nhwc(F.interpolate(x, scale_factor=2))))
    table, indices = torch.randn(20, 6), torch.randint(20, (3, 4))
    write("gather", dict(table=table, indices=indices.int(), y=F.embedding(indices, table)))
    write("permute", dict(x=x, y=x.permute(2, 0, 3, 1)), axes=[2, 0, 3, 1])
    write("pad", dict(x=x, y=F.pad(x, (1, 2, 0, 3, 2, 0, 1, 1), value=7.5)), value=7.5)


torch.manual_seed(SEED)
torch.set_num_threads(1)
with torch.no_grad():
    for section in (matmul, linear_fused, attention, pointwise, norms, rope, conv2d, layout):
        section()
