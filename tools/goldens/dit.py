"""Writes fixtures/goldens/dit/*.safetensors.

Every stage of `FluxTransformer2DModel` of huggingface/diffusers v0.42.1,
src/diffusers/models/transformers/transformer_flux.py, in float32 on the CPU.

tiny.safetensors holds the weights (bf16) of a random model of 2 double and 2
single blocks; the cases use them with and without guidance and with 1 and 2
samples. micro.safetensors is of the embedded model, models/micro/transformer:
run this script again whenever that is trained anew.

Usage: python tools/goldens/dit.py [tiny] [micro]
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel
from safetensors.torch import save_file

ROOT = Path(__file__).parents[2]
OUT = ROOT / "fixtures" / "goldens" / "dit"
SOURCE = "huggingface/diffusers@v0.42.1 FluxTransformer2DModel"
TINY = dict(
    in_channels=16,
    out_channels=12,
    num_layers=2,
    num_single_layers=2,
    attention_head_dim=12,
    num_attention_heads=2,
    joint_attention_dim=20,
    pooled_projection_dim=10,
    axes_dims_rope=(2, 4, 6),
)


def write(name, tensors, **metadata):
    OUT.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    metadata |= dict(source=SOURCE, generator="tools/goldens/dit.py")
    save_file(tensors, OUT / f"{name}.safetensors", {k: str(v) for k, v in metadata.items()})


def randomize(model, generator):
    """Weights of a size that makes every parameter, gates included, matter."""
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        if ".norm_" in name:
            p.data = 1 + 0.2 * noise
        elif p.ndim == 1:
            p.data = 0.3 * noise
        else:
            p.data = noise / p.shape[1] ** 0.5
        if any(part in name for part in ("to_q", "to_k", "add_q", "add_k")):
            p.data *= 0.03  # small rows before the norm show a wrong eps
        p.data = p.data.bfloat16().float()


def stages(model, **inputs):
    """Output of each stage, by name; single blocks as one sequence, text first."""
    outputs = {}

    def keep(name):
        def hook(_, __, output):
            if name.startswith("transformer_blocks"):
                outputs[f"{name}.txt"], outputs[f"{name}.img"] = output
            elif name.startswith("single_transformer_blocks"):
                outputs[name] = torch.cat(output, dim=1)
            else:
                outputs[name] = output

        return hook

    named = {
        "x_embedder": model.x_embedder,
        "context_embedder": model.context_embedder,
        "time_text_embed": model.time_text_embed,
        "norm_out": model.norm_out,
        "proj_out": model.proj_out,
    }
    for i, block in enumerate(model.transformer_blocks):
        named[f"transformer_blocks.{i}"] = block
    for i, block in enumerate(model.single_transformer_blocks):
        named[f"single_transformer_blocks.{i}"] = block
    handles = [m.register_forward_hook(keep(n)) for n, m in named.items()]
    with torch.no_grad():
        model(**inputs)
    for handle in handles:
        handle.remove()
    return outputs


def case(name, model, inputs, **metadata):
    outputs = stages(model, **inputs)
    arrays = {
        "img": inputs["hidden_states"],
        "txt": inputs["encoder_hidden_states"],
        "pooled": inputs["pooled_projections"],
        "img_ids": inputs["img_ids"].int(),
        "txt_ids": inputs["txt_ids"].int(),
    }
    write(
        name,
        arrays | {f"stage.{k}": v for k, v in outputs.items()},
        timestep=float(inputs["timestep"][0]),
        **metadata,
    )


def small_rows(x):
    """Scales rows by 1, 0.1, 0.01, 0.001 in turn: small ones show a wrong eps."""
    scale = torch.tensor([1, 0.1, 0.01, 0.001])
    rows = torch.arange(x.shape[1]) % 4
    return x * scale[rows][None, :, None]


def ids_of(rows, columns, axis0=0):
    grid = torch.zeros(rows, columns, 3)
    grid[..., 0] = axis0
    grid[..., 1] = torch.arange(rows)[:, None]
    grid[..., 2] = torch.arange(columns)[None]
    return grid.reshape(-1, 3)


def inputs_for(config, generator, *, batch, text, grid, timestep, guidance, axis0=0):
    draw = lambda *shape: torch.randn(shape, generator=generator)
    rows, columns = grid
    inputs = dict(
        hidden_states=small_rows(draw(batch, rows * columns, config["in_channels"])),
        encoder_hidden_states=small_rows(draw(batch, text, config["joint_attention_dim"])),
        pooled_projections=draw(batch, config["pooled_projection_dim"]),
        timestep=torch.full((batch,), timestep),
        img_ids=ids_of(rows, columns, axis0),
        txt_ids=torch.zeros(text, 3),
    )
    if guidance is not None:
        inputs["guidance"] = torch.full((batch,), guidance)
    return inputs


def tiny():
    generator = torch.Generator().manual_seed(0)
    guided = FluxTransformer2DModel(**TINY, guidance_embeds=True).eval()
    randomize(guided, generator)
    plain = FluxTransformer2DModel(**TINY, guidance_embeds=False).eval()
    plain.load_state_dict({k: v for k, v in guided.state_dict().items() if "guidance_embedder" not in k})
    config = json.dumps(dict(_class_name="FluxTransformer2DModel", **TINY))
    weights = {k: v.bfloat16() for k, v in guided.state_dict().items()}
    write("tiny", weights, config=config, seed=0)

    shape = dict(text=5, grid=(3, 4))
    one = inputs_for(TINY, generator, batch=1, timestep=0.7, guidance=1.0, **shape)
    case("guidance", guided, one, seed=0, guidance=1.0)
    two = inputs_for(TINY, generator, batch=2, timestep=0.21, guidance=None, axis0=3, **shape)
    case("batch", plain, two, seed=0)

    generator = torch.Generator().manual_seed(2)
    strong = inputs_for(TINY, generator, batch=1, timestep=0.7, guidance=3.5, **shape)
    case("guidance_strong", guided, strong, seed=2, guidance=3.5)


def micro():
    folder = ROOT / "models" / "micro" / "transformer"
    model = FluxTransformer2DModel.from_pretrained(folder, torch_dtype=torch.float32).eval()
    weights = (folder / "diffusion_pytorch_model.safetensors").read_bytes()
    generator = torch.Generator().manual_seed(1)
    inputs = inputs_for(
        model.config, generator, batch=1, text=8, grid=(4, 4), timestep=0.5, guidance=1.0
    )
    case("micro", model, inputs, seed=1, guidance=1.0, weights=hashlib.sha256(weights).hexdigest())


if __name__ == "__main__":
    for name in sys.argv[1:] or ["tiny", "micro"]:
        {"tiny": tiny, "micro": micro}[name]()
