"""Writes fixtures/goldens/gradients/kept.safetensors.

Gradients of `FluxTransformer2DModel` of huggingface/diffusers v0.42.1 with kept conditions, see kept_mask.py, in float64:
by LoRA of huggingface/peft on all linear layers and by the inputs, with the weights of
fixtures/goldens/dit/tiny.safetensors.

Usage: python tools/goldens/kept_gradients.py
"""

from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel
from peft import LoraConfig
from safetensors.torch import load_file, save_file

from block_linears import TARGETS
from dit import TINY
from kept_mask import keep

GOLDENS = Path(__file__).parents[2] / "fixtures" / "goldens"
TEXT, TURNS, SIGMA = 5, (7, 3, 9), 0.15
RANK, SCALE = 4, 0.5
NAMES = ("pair", "query", "answer")


def write(name, tensors, **metadata):
    tensors = {k: (v.float() if v.is_floating_point() else v.int()).detach().contiguous().clone() for k, v in tensors.items()}
    metadata |= dict(
        source="huggingface/diffusers@v0.42.1 FluxTransformer2DModel, huggingface/peft",
        generator="tools/goldens/kept_gradients.py",
        sigma=SIGMA,
    )
    path = GOLDENS / f"{name}.safetensors"
    save_file(tensors, path, {k: str(v) for k, v in metadata.items()})
    path.chmod(0o644)


def tiny():
    model = FluxTransformer2DModel(**TINY, guidance_embeds=True).eval()
    model.load_state_dict(load_file(GOLDENS / "dit" / "tiny.safetensors"))
    return model.requires_grad_(False)


def ids():
    """Each turn is a row of its own."""
    return torch.tensor([[0, row, column] for row, n in enumerate(TURNS) for column in range(n)])


def draw(*shape):
    return torch.randn(shape)


def call(model, panels, txt, pooled, timestep, guidance):
    velocity = model(
        hidden_states=torch.cat(panels, 1),
        encoder_hidden_states=txt,
        pooled_projections=pooled,
        timestep=timestep,
        guidance=guidance,
        img_ids=ids().to(txt.dtype),
        txt_ids=torch.zeros(TEXT, 3, dtype=txt.dtype),
    ).sample
    return velocity[:, -TURNS[-1] :]


def gradients():
    model = tiny().double()
    model.add_adapter(LoraConfig(r=RANK, lora_alpha=SCALE * RANK, target_modules=TARGETS, init_lora_weights=False))
    lora = {name: p for name, p in model.named_parameters() if "lora_" in name}
    for p in lora.values():
        p.data = (0.3 * draw(*p.shape)).double()
        p.requires_grad_()
    keep(model, text=TEXT, turns=TURNS, sigma=SIGMA)
    inputs = {name: draw(2, n, TINY["in_channels"]) for name, n in zip(NAMES, TURNS)}
    inputs |= dict(txt=draw(2, TEXT, TINY["joint_attention_dim"]), pooled=draw(2, TINY["pooled_projection_dim"]))
    leaves = {name: x.double().requires_grad_() for name, x in inputs.items()}
    weights = draw(2, TURNS[-1], TINY["out_channels"])
    timestep, guidance = torch.tensor([0.25, 0.75]).double(), torch.full((2,), 3.5).double()
    velocity = call(model, [leaves[n] for n in NAMES], leaves["txt"], leaves["pooled"], timestep, guidance)
    (velocity * weights).sum().backward()
    tensors = inputs | {"weights.velocity": weights} | {f"d.{k}": v.grad for k, v in leaves.items()}
    for name, p in lora.items():
        path = name.replace(".default.weight", "")
        tensors |= {path: p, f"d.{path}": p.grad}
    write("gradients/kept", tensors, scale=SCALE)


if __name__ == "__main__":
    torch.manual_seed(17)
    torch.set_num_threads(1)
    gradients()
