"""Writes fixtures/goldens/shapes/answers.safetensors: edits whose panels are no squares.

Without an argument, of the embedded model with its LoRA. With OUT, a random model of FLUX.1-dev's widths (one
double and one single block of width 3072, the autoencoder in full, the embedded model's text encoders) is written
there too, with its answers, for checks/shapes.ts; 1.2 GB, nothing of it is committed.

Reference: huggingface/diffusers 0.42.1 (FluxTransformer2DModel, AutoencoderKL, FlowMatchEulerDiscreteScheduler,
FluxPipeline._prepare_latent_image_ids), transformers 5.23.0, pytorch 2.13.0, peft 0.21.2; float32 on the CPU.

Usage: python tools/goldens/shapes.py [OUT]
"""

import json
import shutil
import sys
from pathlib import Path

import diffusers
import edit as whole
import numpy as np
import torch
from diffusers import AutoencoderKL, FluxPipeline, FluxTransformer2DModel
from layouts import DEV, DEV_VAE
from safetensors.torch import save_file

ROOT = Path(__file__).parents[2]
# width and height of panels for 3:2, 9:16 and 1:3, by the side of the square
SHAPES = {64: [(80, 48), (48, 80), (32, 112)], 128: [(160, 112), (96, 176), (80, 224)]}
SEED, STEPS, PROMPT = 5, 3, "four panels of a person jumping"
torch.set_num_threads(2)


def panel(k, width, height):
    """Levels of picture k, [height, width, 3], that integers alone decide."""
    y, x, c = np.meshgrid(range(height), range(width), range(3), indexing="ij")
    return np.abs((x * (c + 2) + y * (k + 1)) % 128 - 64) * 3 + 30


def answers(pipe, side):
    found = {}
    for width, height in SHAPES[side]:
        whole.INPUTS = [0, 1, 2]
        whole.pixels = lambda k: torch.from_numpy(panel(k, width, height)).permute(2, 0, 1)[None].float() / 127.5 - 1
        whole.STEPS = STEPS
        picture = whole.edit(pipe, PROMPT, SEED)["picture"]
        assert picture.shape == (1, 3, height, width)
        found[f"{width}x{height}"] = picture[0].permute(1, 2, 0).to(torch.uint8).contiguous()
    return found


def write(path, tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, dict(
        source=f"huggingface/diffusers {diffusers.__version__}", generator="tools/goldens/shapes.py",
        prompt=PROMPT, seed=str(SEED), steps=str(STEPS),
    ))
    path.chmod(0o644)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")


def wide(out):
    """A folder with the embedded model's texts and random weights of FLUX.1-dev's widths."""
    small = json.loads((whole.MICRO / "transformer" / "config.json").read_text())
    torch.manual_seed(0)
    flux = DEV | dict(in_channels=64, num_layers=1, num_single_layers=1, joint_attention_dim=small["joint_attention_dim"],
                      pooled_projection_dim=small["pooled_projection_dim"])
    vae = DEV_VAE | dict(scaling_factor=0.3611, shift_factor=0.1159, sample_size=256)
    FluxTransformer2DModel(**flux).to(torch.bfloat16).save_pretrained(out / "transformer")
    AutoencoderKL(**vae).to(torch.bfloat16).save_pretrained(out / "vae")
    for name in ("scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"):
        shutil.copytree(whole.MICRO / name, out / name, dirs_exist_ok=True)
    shutil.copy(whole.MICRO / "model_index.json", out)
    return FluxPipeline.from_pretrained(out, torch_dtype=torch.float32)


def main():
    if len(sys.argv) > 1:
        out = Path(sys.argv[1])
        out.mkdir(parents=True, exist_ok=True)
        write(out / "answers.safetensors", answers(wide(out), 128))
        return
    pipe = FluxPipeline.from_pretrained(whole.MICRO, torch_dtype=torch.float32)
    pipe.load_lora_weights(whole.LORA)
    write(ROOT / "fixtures" / "goldens" / "shapes" / "answers.safetensors", answers(pipe, 64))


if __name__ == "__main__":
    with torch.inference_mode():
        main()
