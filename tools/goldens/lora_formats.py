"""Writes fixtures/goldens/lora_formats.

Reference: huggingface/diffusers 0.42.1, loaders/lora_conversion_utils.py,
`_convert_kohya_flux_lora_to_diffusers`, `_convert_xlabs_flux_lora_to_diffusers`
and `_convert_fal_kontext_lora_to_diffusers`, which has the names of flux. They
have the width of FLUX.1, 3072, and numbers of blocks in their text: it is
replaced by a model of width 12 with one block of each kind.

One LoRA, in which the layers of a fused module share A, in the names of each
trainer; and `expected`, what diffusers makes of the kohya file:

- peft.safetensors: `transformer.….lora_A.default.weight`, bfloat16.
- kohya.safetensors: `lora_unet_….lora_down.weight`, alpha half the rank.
- bfl.safetensors: `diffusion_model.double_blocks.….lora_A.weight`.
- comfy.safetensors: the same with `.lora_down.weight` and alpha.
- kontext.safetensors: `base_model.model.double_blocks.….lora_A.weight`.
- xlabs.safetensors: the attention only, which is what the style has.
- sparse.safetensors, sparse_expected: kohya, layers of a module trained apart.
- outside.safetensors: kohya, with layers outside of the blocks.

Usage: python tools/goldens/lora_formats.py
"""

import inspect
import shutil
from pathlib import Path

import diffusers
import torch
from diffusers.loaders import lora_conversion_utils as utils
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "lora_formats"
METADATA = {"source": f"huggingface/diffusers {diffusers.__version__}",
            "generator": "tools/goldens/lora_formats.py", "seed": "5"}
C, M, RANK = 12, 48, 3  # width, MLP width; 3 divides into q, k, v
MODULES = {  # in, rows of each layer
    "double_blocks.0.img_attn.qkv": (C, [C, C, C]),
    "double_blocks.0.txt_attn.qkv": (C, [C, C, C]),
    "double_blocks.0.img_attn.proj": (C, [C]),
    "double_blocks.0.txt_attn.proj": (C, [C]),
    "double_blocks.0.img_mlp.0": (C, [M]),
    "double_blocks.0.img_mlp.2": (M, [C]),
    "double_blocks.0.txt_mlp.0": (C, [M]),
    "double_blocks.0.txt_mlp.2": (M, [C]),
    "double_blocks.0.img_mod.lin": (C, [6 * C]),
    "double_blocks.0.txt_mod.lin": (C, [6 * C]),
    "single_blocks.0.linear1": (C, [C, C, C, M]),
    "single_blocks.0.linear2": (C + M, [C]),
    "single_blocks.0.modulation.lin": (C, [3 * C]),
    "final_layer.linear": (C, [8]),
    "final_layer.adaLN_modulation.1": (C, [2 * C]),
}
OUTSIDE = {
    "img_in": (8, [C]),
    "txt_in": (10, [C]),
    "vector_in.in_layer": (9, [C]),
    "time_in.out_layer": (C, [C]),
    "guidance_in.in_layer": (11, [C]),
}
XLABS = {
    "double_blocks.0.img_attn.qkv": "double_blocks.0.processor.qkv_lora1",
    "double_blocks.0.txt_attn.qkv": "double_blocks.0.processor.qkv_lora2",
    "double_blocks.0.img_attn.proj": "double_blocks.0.processor.proj_lora1",
    "double_blocks.0.txt_attn.proj": "double_blocks.0.processor.proj_lora2",
    "single_blocks.0.linear2": "single_blocks.0.processor.proj_lora",
}


def narrow(function, *replacements):
    """The same function for the small model."""
    text = inspect.getsource(function)
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    scope = dict(vars(utils))
    exec(text, scope)
    return scope[function.__name__]


from_kohya = narrow(utils._convert_kohya_flux_lora_to_diffusers,
                    ("[3072, 3072, 3072, 12288]", f"[{C}, {C}, {C}, {M}]"))
from_kontext = narrow(utils._convert_fal_kontext_lora_to_diffusers,
                      ("inner_dim = 3072", f"inner_dim = {C}"),
                      ("num_layers = 19", "num_layers = 1"), ("num_single_layers = 38", "num_single_layers = 1"))
from_xlabs = utils._convert_xlabs_flux_lora_to_diffusers


def save(name, tensors):
    path = OUT / f"{name}.safetensors"
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, path, METADATA)
    path.chmod(0o644)
    print(path.name, path.stat().st_size)


def kohya(modules, alpha):
    tensors = {}
    for name, (down, up) in modules.items():
        key = "lora_unet_" + name.replace(".", "_")
        tensors |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up}
        if not name.startswith("final_layer"):  # diffusers leaves this alpha out
            tensors[f"{key}.alpha"] = torch.tensor(alpha)
    return tensors


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    generator = torch.Generator().manual_seed(5)

    def random(*shape):  # values that bfloat16 holds, so that all files have the same
        return (0.3 * torch.randn(shape, generator=generator)).bfloat16().float()

    def pair(into, rows, rank=RANK):
        return random(rank, into), random(sum(rows), rank)

    modules = {name: pair(*shape) for name, shape in MODULES.items()}
    halved = {n: (d if n.startswith("final_layer") else 2 * d, u) for n, (d, u) in modules.items()}
    files = {"kohya": kohya(halved, RANK / 2)}
    expected = from_kohya(dict(files["kohya"]))
    expected = {k.removeprefix("transformer."): v for k, v in expected.items()}
    files["expected"] = {f"transformer.{k}": v for k, v in expected.items()}
    files["peft"] = {k.replace(".weight", ".default.weight"): v.bfloat16() for k, v in files["expected"].items()}
    files["bfl"] = {f"diffusion_model.{n}.lora_{m}.weight": x
                    for n, pair in modules.items() for m, x in zip("AB", pair)}
    files["comfy"] = {f"diffusion_model.{n}.lora_{m}.weight": x
                      for n, pair in modules.items() for m, x in zip(["down", "up"], pair)}
    files["comfy"] |= {f"diffusion_model.{n}.alpha": torch.tensor(float(RANK)) for n in modules}
    files["kontext"] = {k.replace("diffusion_model", "base_model.model"): v for k, v in files["bfl"].items()}
    files["xlabs"] = {f"{XLABS[n]}.{m}.weight": x
                      for n, pair in modules.items() if n in XLABS for m, x in zip(["down", "up"], pair)}
    down, up = modules["single_blocks.0.linear1"]
    files["xlabs"] |= {"single_blocks.0.processor.qkv_lora.down.weight": down,
                       "single_blocks.0.processor.qkv_lora.up.weight": up[: 3 * C]}

    # every function of diffusers gives the same LoRA
    for judge, file in [(from_kontext, "kontext"), (from_xlabs, "xlabs")]:
        known = {k: v for k, v in files[file].items() if "adaLN" not in k}  # unknown to the one of kontext
        got = {k.removeprefix("transformer."): v for k, v in judge(known).items()}
        assert len(got) > 10 and all(torch.equal(v, expected[k]) for k, v in got.items()), file
        print(f"{judge.__name__}: {len(got)} of {len(expected)} arrays, all as expected")

    sparse = {}
    for name in ["double_blocks.0.img_attn.qkv", "single_blocks.0.linear1"]:
        into, rows = MODULES[name]
        parts = [pair(into, [n], 2) for n in rows]
        sparse[name] = torch.cat([d for d, _ in parts]), torch.block_diag(*[u for _, u in parts])
    files["sparse"] = kohya(sparse, 2.0)
    files["sparse_expected"] = from_kohya(dict(files["sparse"]))
    outside = kohya({name: pair(*shape) for name, shape in OUTSIDE.items()}, 1.5)
    outside |= kohya({"double_blocks.0.img_attn.proj": modules["double_blocks.0.img_attn.proj"]}, 3.0)
    files["outside_expected"] = from_kohya(dict(outside))
    te = "lora_te1_text_model_encoder_layers_0_mlp_fc1"
    d, u = pair(6, [24])
    files["outside"] = outside | {f"{te}.lora_down.weight": d, f"{te}.lora_up.weight": u, f"{te}.alpha": torch.tensor(3.0)}
    for name, tensors in files.items():
        save(name, tensors)


main()
