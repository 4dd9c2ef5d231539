"""Writes fixtures/goldens/edit/*.safetensors: whole edits of the embedded model.

Reference: huggingface/diffusers 0.42.1 (FluxTransformer2DModel, AutoencoderKL,
FlowMatchEulerDiscreteScheduler, calculate_shift of pipelines/flux/pipeline_flux.py),
transformers 5.23.0, pytorch 2.13.0, peft 0.21.2; all in float32 on the CPU. The loop is that of
CUC-MIPG/Edit-Transfer@c44a846, toolkit/pipeline_flux_inpaint.py, with panels encoded one by one (mode).

Usage: python tools/goldens/edit.py
"""

import json
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import FluxPipeline
from diffusers.pipelines.flux.pipeline_flux import calculate_shift, retrieve_timesteps
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

ROOT = Path(__file__).parents[2]
MICRO = ROOT / "models" / "micro"
LORA = MICRO / "lora" / "edit_transfer.safetensors"
CASE = ROOT / "fixtures" / "demo" / "0000"
INPUTS = ["source", "edited", "query"]
WORDS = json.loads((CASE.parent / "cases.jsonl").read_text().splitlines()[0])["edit"]
SEEDS, STEPS = [1, 7, 42], 35
torch.set_num_threads(1)


def write(name, tensors, **metadata):
    folder = ROOT / "fixtures" / "goldens" / "edit"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    save_file({key: value.detach().float().contiguous().clone() for key, value in tensors.items()}, path, dict(
        source=f"huggingface/diffusers {diffusers.__version__}", generator="tools/goldens/edit.py", **metadata
    ))
    path.chmod(0o644)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")


def randn(seed, *shape):
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))


def standardised(noise):
    noise = noise.bfloat16().float()
    return noise / (noise.std(dim=(2, 3), keepdim=True) + 1e-6)


def pack(x):
    b, c, h, w = x.shape
    return x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(b, h * w // 4, c * 4)


def unpack(x, h, w):
    b, _, c = x.shape
    return x.view(b, h // 2, w // 2, c // 4, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(b, c // 4, h, w)


def pixels(name):
    image = np.asarray(Image.open(CASE / f"{name}.png").convert("RGB"))
    return torch.from_numpy(image.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


def edit(pipe, prompt, seed):
    """Steps 2 to 7, every stage kept."""
    vae, config = pipe.vae, pipe.vae.config
    encode = lambda x: (vae.encode(x).latent_dist.mode() - config.shift_factor) * config.scaling_factor
    panels = [encode(pixels(name)) for name in INPUTS]
    blank = torch.zeros_like(panels[0])
    z = torch.cat([torch.cat(panels[:2], 3), torch.cat([panels[2], blank], 3)], 2)  # 1 c 2h 2w
    h, w = z.shape[2:]
    mask = torch.zeros(1, 1, h, w)
    mask[..., h // 2 :, w // 2 :] = 1
    noise = standardised(randn(seed, *z.shape))
    initial, clean, inside = pack(noise * mask + z * (1 - mask)), pack(z), pack(mask.expand_as(z))
    ids = pipe._prepare_latent_image_ids(1, h // 2, w // 2, "cpu", torch.float32)

    clip = pipe.tokenizer(prompt, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    pooled = pipe.text_encoder(clip).pooler_output
    length = pipe.tokenizer_2.model_max_length
    t5 = pipe.tokenizer_2(prompt, padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids
    states = pipe.text_encoder_2(t5)[0]

    scheduler = pipe.scheduler
    c = scheduler.config
    mu = calculate_shift(initial.shape[1], c.base_image_seq_len, c.max_image_seq_len, c.base_shift, c.max_shift)
    timesteps, _ = retrieve_timesteps(scheduler, STEPS, "cpu", sigmas=np.linspace(1.0, 1 / STEPS, STEPS), mu=mu)
    x, stages = initial, {}
    for i, t in enumerate(timesteps):
        v = pipe.transformer(
            hidden_states=x, timestep=t.expand(1) / 1000, guidance=torch.ones(1), pooled_projections=pooled,
            encoder_hidden_states=states, txt_ids=torch.zeros(length, 3), img_ids=ids, return_dict=False,
        )[0]
        x = scheduler.step(v, t, x, return_dict=False)[0]
        x = x * inside + clean * (1 - inside)
        if i == 0:
            stages = dict(velocity=v, after_one=x)
    latents = unpack(x, h, w)
    answer = latents[..., h // 2 :, w // 2 :] / config.scaling_factor + config.shift_factor
    decoded = vae.decode(answer).sample
    return dict(
        z=z, noise=noise, initial=initial, sigmas=scheduler.sigmas, clip_ids=clip, t5_ids=t5, pooled=pooled,
        text=states, **stages, after_all=x, decoded=decoded,
        picture=((decoded.clamp(-1, 1) + 1) * 127.5).round(),
    )


def load():
    """The embedded model in float32, without its LoRA, and the prompt of the LoRA's template."""
    pipe = FluxPipeline.from_pretrained(MICRO, torch_dtype=torch.float32)
    with safe_open(LORA, "pt") as file:
        return pipe, file.metadata()["template"].replace("{edit}", WORDS)


def main():
    pipe, prompt = load()
    c = pipe.transformer.config.in_channels // 4
    side = pipe.vae.config.sample_size // 8
    noises = {f"raw_{seed}": randn(seed, 1, c, side, side) for seed in SEEDS}
    noises |= {f"standardised_{seed}": standardised(randn(seed, 1, c, side, side)) for seed in SEEDS}
    write("noise", noises, seeds=",".join(map(str, SEEDS)))

    common = dict(steps=str(STEPS), prompt=prompt, guidance="1.0")
    write("base", edit(pipe, prompt, SEEDS[0]), seed=str(SEEDS[0]), lora="none", **common)
    pipe.load_lora_weights(LORA)
    for seed in SEEDS:
        write(f"edit_{seed}", edit(pipe, prompt, seed), seed=str(seed), lora="1", **common)


if __name__ == "__main__":
    with torch.inference_mode():
        main()
