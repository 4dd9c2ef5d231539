"""Times a step of FLUX.1-dev's blocks in PyTorch, with random weights.

The same as bench/flux/step.ts: bf16 on CUDA, f32 on the cpu. Plain PyTorch, so
that nothing but torch is needed; attention is scaled_dot_product_attention.
With --train, a LoRA step as bench/flux/train_step.ts does it: rank 16 on all
linear layers, each block run again in the backward pass, AdamW.

Usage: python bench/pytorch/flux_step.py [--double 19] [--single 38] [--heads 24]
       [--image 4096] [--text 512] [--rounds 3] [--train]
"""

import argparse
import statistics
import time

import torch
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

parser = argparse.ArgumentParser()
for name, default in [
    ("double", 19),
    ("single", 38),
    ("heads", 24),
    ("image", 4096),
    ("text", 512),
    ("rounds", 3),
]:
    parser.add_argument(f"--{name}", type=int, default=default)
parser.add_argument("--train", action="store_true")
flags = parser.parse_args()

cuda = torch.cuda.is_available()
device, dtype = ("cuda", torch.bfloat16) if cuda else ("cpu", torch.float32)
H, D = flags.heads, 128
C, L = H * D, flags.image + flags.text
torch.manual_seed(0)


def normal(*shape):
    return torch.randn(*shape, device=device, dtype=dtype)


RANK = 16
trained = []


def linear(out, inputs):
    layer = normal(out, inputs) * inputs**-0.5, normal(out)
    if not flags.train:
        return layer
    a, b = normal(RANK, inputs) * inputs**-0.5, torch.zeros(out, RANK, device=device, dtype=dtype)
    trained.extend([a.requires_grad_(), b.requires_grad_()])
    return *layer, a, b


def apply(x, layer):
    weight, bias, *branch = layer
    y = F.linear(x, weight, bias)
    return y + F.linear(F.linear(x, branch[0]), branch[1]) if branch else y


angles = torch.outer(torch.arange(L, device=device), 10000 ** (-torch.arange(0, D, 2, device=device) / D))
cos, sin = angles.cos()[None, :, None], angles.sin()[None, :, None]  # [1, L, 1, D / 2]


def rotate(x):
    """Rotary embedding of pairs, in f32. x is [1, L, H, D]."""
    a, b = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2).to(x.dtype)


def modulated(x, shift, scale):
    return F.layer_norm(x, (C,), eps=1e-6) * (1 + scale) + shift


def attend(q, k, v):
    q, k = rotate(q), rotate(k)
    x = F.scaled_dot_product_attention(*(t.transpose(1, 2) for t in (q, k, v)))
    return x.transpose(1, 2).flatten(2)  # [1, L, C]


class Stream:
    """One stream's share of a double block."""

    def __init__(self):
        self.mod, self.qkv, self.proj = linear(6 * C, C), linear(3 * C, C), linear(C, C)
        self.up, self.down = linear(4 * C, C), linear(C, 4 * C)
        self.norms = normal(D), normal(D)

    def heads(self, x, vec):
        self.parts = apply(vec, self.mod)[:, None].chunk(6, -1)
        q, k, v = apply(modulated(x, *self.parts[:2]), self.qkv).unflatten(-1, (3, H, D)).unbind(2)
        return F.rms_norm(q, (D,), self.norms[0]), F.rms_norm(k, (D,), self.norms[1]), v

    def finish(self, x, attention):
        x = x + self.parts[2] * apply(attention, self.proj)
        inner = F.gelu(apply(modulated(x, *self.parts[3:5]), self.up), approximate="tanh")
        return x + self.parts[5] * apply(inner, self.down)


class Single:
    def __init__(self):
        self.mod, self.up, self.down = linear(3 * C, C), linear(7 * C, C), linear(C, 5 * C)
        self.norms = normal(D), normal(D)

    def forward(self, x, vec):
        shift, scale, gate = apply(vec, self.mod)[:, None].chunk(3, -1)
        qkv, inner = apply(modulated(x, shift, scale), self.up).split([3 * C, 4 * C], -1)
        q, k, v = qkv.unflatten(-1, (3, H, D)).unbind(2)
        x_attention = attend(F.rms_norm(q, (D,), self.norms[0]), F.rms_norm(k, (D,), self.norms[1]), v)
        inner = F.gelu(inner, approximate="tanh")
        return x + gate * apply(torch.cat([x_attention, inner], -1), self.down)


def double(text, image, img, txt, vec):
    q, k, v = (torch.cat(pair, 1) for pair in zip(text.heads(txt, vec), image.heads(img, vec)))
    attention = attend(q, k, v)
    return image.finish(img, attention[:, flags.text :]), text.finish(txt, attention[:, : flags.text])


def run(doubles, singles, img, txt, vec):
    def block(f, *inputs):
        return checkpoint(f, *inputs, use_reentrant=False) if flags.train else f(*inputs)

    for text, image in doubles:
        img, txt = block(double, text, image, img, txt, vec)
    x = torch.cat([txt, img], 1)
    for single in singles:
        x = block(single.forward, x, vec)
    return x


def step(*inputs):
    if flags.train:
        run(*inputs).float().square().mean().backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    else:
        with torch.inference_mode():
            run(*inputs)
    if cuda:
        torch.cuda.synchronize()


doubles = [(Stream(), Stream()) for _ in range(flags.double)]
singles = [Single() for _ in range(flags.single)]
inputs = normal(1, flags.image, C), normal(1, flags.text, C), normal(1, C)
if flags.train:
    optimizer = torch.optim.AdamW(trained, lr=1e-4)
step(doubles, singles, *inputs)
times = []
for _ in range(flags.rounds):
    start = time.perf_counter()
    step(doubles, singles, *inputs)
    times.append(time.perf_counter() - start)
seconds = statistics.median(times)
attention = (flags.double + flags.single) * 4 * L * L * C
work = (flags.double + flags.single) * 24 * L * C * C + attention
if flags.train:
    # forward twice, once more by the inputs of layers, attention backward 2.5 times
    work = 3 * work + 1.5 * attention
title = "LoRA step, PyTorch" if flags.train else "PyTorch"
print(f"| {title} {torch.__version__} {device} {str(dtype)[6:]}, {flags.double} + {flags.single} blocks of width {C}, {L} tokens |  |")
print("| --- | ---: |")
print(f"| a step | {1000 * seconds:.3g} ms |")
print(f"| rate | {work / seconds / 1e12:.3g} TFLOP/s |")
if cuda:
    print(f"| peak of memory | {torch.cuda.max_memory_allocated() / 2**30:.3g} GiB |")
