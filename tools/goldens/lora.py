"""Writes fixtures/goldens/lora.

Reference: huggingface/peft 0.21.2 LoRA layers on torch linear layers, with the
metadata that huggingface/diffusers 0.42.1 writes (loaders/lora_base.py,
`_save_lora_weights`).

- first.safetensors: rank 4, alpha 8, diffusers names and metadata, float32.
- second/: rank 3 and 2, rsLoRA, as PEFT's `save_pretrained` writes it, bfloat16.
- outputs.safetensors: layers, inputs and outputs.

Usage: python tools/goldens/lora.py
"""

import json
import shutil
from pathlib import Path

import peft
import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from torch import nn

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "lora"
SOURCE = f"huggingface/peft {peft.__version__}"
LAYERS = {
    "transformer_blocks.0.attn.to_q": (21, 27),
    "transformer_blocks.0.ff.net.0.proj": (21, 50),
    "single_transformer_blocks.0.proj_out": (50, 21),
}
torch.set_num_threads(1)


def model():
    root = nn.Module()
    for path, (into, out) in LAYERS.items():
        at = root
        *parents, last = path.split(".")
        for name in parents:
            if not hasattr(at, name):
                at.add_module(name, nn.Module())
            at = getattr(at, name)
        at.add_module(last, nn.Linear(into, out))
    return root


def randomise(module, name, generator):
    """A and B of the size that training leaves behind, B not zero."""
    for key, p in module.named_parameters():
        if f".{name}." in key:
            p.data.copy_(0.3 * torch.randn(p.shape, generator=generator))


def outputs(wrapped, inputs):
    return {path: wrapped.base_model.model.get_submodule(path)(x) for path, x in inputs.items()}


def plain(value):
    return sorted(value) if isinstance(value, set) else value


@torch.no_grad()
def main():
    torch.manual_seed(3)
    generator = torch.Generator().manual_seed(4)
    base = model()
    weights = {k: v.clone() for k, v in base.state_dict().items()}
    targets = list(LAYERS)
    wrapped = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, target_modules=targets), adapter_name="first")
    wrapped.add_adapter("second", LoraConfig(
        r=3, lora_alpha=6, target_modules=targets[:2], use_rslora=True,
        rank_pattern={"net.0.proj": 2}, alpha_pattern={"net.0.proj": 5}))
    for name in ["first", "second"]:
        randomise(wrapped, name, generator)
    for key, p in wrapped.named_parameters():
        if ".second." in key:
            p.data.copy_(p.data.to(torch.bfloat16).to(torch.float32))

    inputs = {path: torch.randn(5, into, generator=generator) for path, (into, _) in LAYERS.items()}
    tensors = {f"weights.{k}": v for k, v in weights.items()}
    tensors |= {f"inputs.{k}": v for k, v in inputs.items()}

    def record(name, scales):
        wrapped.base_model.set_adapter(list(scales))
        for module in wrapped.modules():
            for adapter, scale in scales.items():
                if hasattr(module, "set_scale") and adapter in getattr(module, "scaling", {}):
                    module.set_scale(adapter, scale)
        for path, y in outputs(wrapped, inputs).items():
            tensors[f"{name}.{path}"] = y

    with wrapped.disable_adapter():
        for path, y in outputs(wrapped, inputs).items():
            tensors[f"base.{path}"] = y
    record("first_1", {"first": 1.0})
    record("first_half", {"first": 0.5})
    record("both", {"first": 1.0, "second": 0.75})

    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    metadata = {"source": SOURCE, "generator": "tools/goldens/lora.py", "seed": "3"}
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, OUT / "outputs.safetensors", metadata)

    state = get_peft_model_state_dict(wrapped, adapter_name="first")
    config = {f"transformer.{k}": plain(v) for k, v in wrapped.peft_config["first"].to_dict().items()}
    save_file(
        {k.replace("base_model.model.", "transformer."): v.contiguous() for k, v in state.items()},
        OUT / "first.safetensors",
        {**metadata, "format": "pt", "lora_adapter_metadata": json.dumps(config, indent=2, sort_keys=True, default=str)})

    for key, p in wrapped.named_parameters():
        if ".second." in key:
            p.data = p.data.to(torch.bfloat16)
    wrapped.save_pretrained(OUT / "temporary", selected_adapters=["second"])
    shutil.move(OUT / "temporary" / "second", OUT / "second")
    shutil.rmtree(OUT / "temporary")
    (OUT / "second" / "README.md").unlink(missing_ok=True)
    for path in OUT.rglob("*.safetensors"):
        path.chmod(0o644)
        print(path.relative_to(OUT), path.stat().st_size)


main()
