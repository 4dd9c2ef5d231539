"""Writes fixtures/goldens/gradients/*.safetensors.

Gradients by autograd of pytorch/pytorch v2.13 in float64 on the CPU, of
`sum(y * weights)`. Operations: `d.NAME` is the gradient by operand NAME.
Blocks and the model: `FluxTransformer2DModel` of huggingface/diffusers v0.42.1
with the weights of fixtures/goldens/dit/tiny.safetensors and LoRA of
huggingface/peft on all linear layers of the blocks, A and B random.

Usage: python tools/goldens/gradients.py
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import FluxTransformer2DModel
from peft import LoraConfig
from safetensors.torch import load_file, save_file

from dit import TINY, ids_of
from block_linears import TARGETS

GOLDENS = Path(__file__).parents[2] / "fixtures" / "goldens"
SEED = 11
RANK = 4
SCALE = 0.5


def write(name, tensors, **metadata):
    folder = GOLDENS / "gradients"
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        k: (v.float() if v.is_floating_point() else v.int()).detach().contiguous().clone()
        for k, v in tensors.items()
    }
    metadata |= dict(
        source="pytorch/pytorch@v2.13, huggingface/diffusers@v0.42.1, huggingface/peft",
        generator="tools/goldens/gradients.py",
        seed=SEED,
    )
    save_file(tensors, folder / f"{name}.safetensors", {k: str(v) for k, v in metadata.items()})


def draw(*shape):
    """Values that f32 holds exactly."""
    return torch.randn(shape).double()


def operation(name, run, constants={}, **operands):
    leaves = {k: v.clone().requires_grad_() for k, v in operands.items()}
    y = run(**leaves)
    weights = draw(*y.shape)
    (y * weights).sum().backward()
    gradients = {f"d.{k}": v.grad for k, v in leaves.items()}
    write(name, operands | constants | gradients | dict(weights=weights, y=y))


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def rotated(x, cos, sin):
    """`apply_rotary_emb` of diffusers, which would round to f32."""
    even, odd = x.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


def operations():
    operation("linear", F.linear, input=draw(2, 13, 30), weight=draw(21, 30), bias=draw(21))
    operation(
        "attention",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v),
        q=draw(2, 3, 9, 20),
        k=draw(2, 3, 26, 20),
        v=draw(2, 3, 26, 20),
    )
    for name, f in dict(
        silu=lambda x: F.silu(x),
        gelu=lambda x: F.gelu(x),
        gelu_tanh=lambda x: F.gelu(x, approximate="tanh"),
    ).items():
        operation(name, f, x=3 * draw(301))
    x, weight, bias = draw(2, 4, 48), draw(48), draw(48)
    operation("layer_norm", lambda x, weight, bias: F.layer_norm(x, (48,), weight, bias, 1e-6), x=x, weight=weight, bias=bias)
    operation("rms_norm", lambda x, weight: F.rms_norm(x, (48,), weight, 1e-6), x=x, weight=weight)
    operation("softmax", lambda x: x.softmax(-1), x=4 * draw(5, 61))
    operation(
        "group_norm",
        lambda x, weight, bias: nhwc(F.silu(F.group_norm(nchw(x), 6, weight, bias, 1e-6))),
        x=draw(2, 5, 7, 24),
        weight=draw(24),
        bias=draw(24),
    )
    operation(
        "conv2d",
        lambda x, weight, bias: nhwc(F.conv2d(F.pad(nchw(x), (0, 1, 0, 1)), nchw(weight), bias, 2)),
        x=draw(2, 10, 9, 12),
        weight=draw(14, 3, 3, 12),
        bias=draw(14),
    )
    indices = torch.randint(20, (3, 14))
    operation("gather", lambda table: F.embedding(indices, table), dict(indices=indices), table=draw(20, 6))
    angles = draw(10, 8)
    cos, sin = angles.cos().float().double(), angles.sin().float().double()
    operation("rope", lambda x: rotated(x, cos, sin), dict(cos=cos, sin=sin), x=draw(2, 3, 10, 16))


def model_with_lora():
    model = FluxTransformer2DModel(**TINY, guidance_embeds=True)
    model.load_state_dict(load_file(GOLDENS / "dit" / "tiny.safetensors"))
    model = model.double().requires_grad_(False)
    config = LoraConfig(r=RANK, lora_alpha=SCALE * RANK, target_modules=TARGETS, init_lora_weights=False)
    model.add_adapter(config)
    for name, p in model.named_parameters():
        if "lora_" in name:
            p.data = (0.3 * torch.randn(p.shape)).double()
            p.requires_grad_()
    return model


def with_lora(name, module, inputs, run, constants={}):
    """Gradients by the inputs and by A and B of every layer of `module`."""
    leaves = {k: v.clone().requires_grad_() for k, v in inputs.items()}
    outputs = run(**leaves)
    weights = {f"weights.{k}": draw(*y.shape) for k, y in outputs.items()}
    loss = sum((y * weights[f"weights.{k}"]).sum() for k, y in outputs.items())
    module.zero_grad()
    loss.backward()
    tensors = inputs | constants | weights
    tensors |= {f"d.{k}": v.grad for k, v in leaves.items()}
    for path, p in module.named_parameters():
        if "lora_" in path:
            path = path.replace(".default.weight", "")
            tensors |= {path: p, f"d.{path}": p.grad}
    write(name, tensors, scale=SCALE)


def flux():
    model = model_with_lora()
    B, T, (rows, columns) = 2, 5, (3, 4)
    I, C = rows * columns, TINY["attention_head_dim"] * TINY["num_attention_heads"]
    img_ids, txt_ids = ids_of(rows, columns), torch.zeros(T, 3)
    ids = dict(img_ids=img_ids, txt_ids=txt_ids)
    pe = tuple(t.double() for t in model.pos_embed(torch.cat([txt_ids, img_ids])))

    double, single = model.transformer_blocks[0], model.single_transformer_blocks[0]
    tokens = dict(img=draw(B, I, C), txt=draw(B, T, C), vec=draw(B, C))

    def run_double(img, txt, vec):
        txt, img = double(img, txt, vec, pe)
        return dict(img=img, txt=txt)

    def run_single(img, txt, vec):
        txt, img = single(img, txt, vec, pe)
        return dict(img=img, txt=txt)

    with_lora("double_block", double, tokens, run_double, ids)
    with_lora("single_block", single, tokens, run_single, ids)

    def run(img, txt, pooled):
        velocity = model(
            hidden_states=img,
            encoder_hidden_states=txt,
            pooled_projections=pooled,
            timestep=torch.tensor([0.25, 0.75]).double(),
            guidance=torch.full((B,), 3.5).double(),
            **ids,
        ).sample
        return dict(velocity=velocity)

    inputs = dict(
        img=draw(B, I, TINY["in_channels"]),
        txt=draw(B, T, TINY["joint_attention_dim"]),
        pooled=draw(B, TINY["pooled_projection_dim"]),
    )
    with_lora("flux", model, inputs, run, ids)


torch.manual_seed(SEED)
torch.set_num_threads(1)
operations()
flux()
