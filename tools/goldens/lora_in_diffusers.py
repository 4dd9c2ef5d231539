"""Loads LoRAs that this project writes into diffusers and compares velocities.

Reference: huggingface/diffusers 0.42.1, `FluxPipeline.load_lora_weights`, on
models/micro in float32. Prints a line for each LoRA and fails above 1e-5. The
file in the names of kohya goes through `_convert_kohya_flux_lora_to_diffusers`,
in whose text the widths of FLUX.1 are replaced by those of the embedded model.

Usage: python tools/goldens/lora_in_diffusers.py
"""

import inspect
import subprocess
import tempfile
from pathlib import Path

import diffusers
import peft
import torch
from diffusers import FluxPipeline
from diffusers.loaders import lora_conversion_utils
from safetensors.torch import load_file

ROOT = Path(__file__).parents[2]
MICRO = ROOT / "models" / "micro"
LIMIT = 1e-5


@torch.no_grad()
def velocity(pipeline, case):
    n = case["img"].shape[1]
    side = int(n**0.5)
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    img_ids = torch.stack([torch.zeros(side, side), rows, columns], -1).reshape(n, 3)
    return pipeline.transformer(
        hidden_states=case["img"], encoder_hidden_states=case["txt"], pooled_projections=case["pooled"],
        timestep=torch.tensor([0.7]), guidance=torch.tensor([1.0]),
        img_ids=img_ids, txt_ids=torch.zeros(case["txt"].shape[1], 3), return_dict=False)[0]


def from_kohya(path, width):
    function = lora_conversion_utils._convert_kohya_flux_lora_to_diffusers
    text = inspect.getsource(function)
    old, new = "[3072, 3072, 3072, 12288]", str([width, width, width, 4 * width])
    assert old in text
    scope = dict(vars(lora_conversion_utils))
    exec(text.replace(old, new), scope)
    return scope[function.__name__](load_file(path))


def main():
    diffusers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    pipeline = FluxPipeline.from_pretrained(MICRO, torch_dtype=torch.float32)
    print(f"diffusers {diffusers.__version__}, peft {peft.__version__}, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        script = ROOT / "tools" / "goldens" / "lora_in_diffusers.ts"
        subprocess.run(["deno", "run", "-A", "--no-check", script, folder], check=True, cwd=ROOT)
        case = load_file(Path(folder) / "velocities")
        names = sorted(set(case) - {"img", "txt", "pooled", "base"})
        base = velocity(pipeline, case)
        worst = report("base", base, case["base"], base)
        for name in names:
            path = f"{MICRO}/lora/edit_transfer.safetensors" if name == "shipped" else f"{folder}/{name}.safetensors"
            if name == "kohya":
                path = from_kohya(path, pipeline.transformer.inner_dim)
            pipeline.load_lora_weights(path, adapter_name=name)
            got = velocity(pipeline, case)
            worst = max(worst, report(name, got, case[name], base))
            pipeline.unload_lora_weights()
        assert worst <= LIMIT, worst


def report(name, got, ours, base):
    error = ((got - ours).norm() / got.norm()).item()
    change = ((got - base).norm() / base.norm()).item()
    print(f"{name:20s} relative difference {error:.1e}, the LoRA changes the velocity by {change:.1%}")
    return error


main()
