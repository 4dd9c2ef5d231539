"""Writes fixtures/goldens/transfer/train.safetensors: fifty LoRA training steps on the embedded model.

Reference: huggingface/diffusers 0.42.1 (FluxTransformer2DModel), peft 0.21.2, torch.optim.AdamW and
clip_grad_norm_ of pytorch 2.13.0; all in float32 on the CPU. Noising and loss are those of
CUC-MIPG/Edit-Transfer@257fe2b: noise on the fourth panel, standardised; its mean squared error alone.

Usage: python tools/goldens/train.py
"""

import hashlib
from pathlib import Path

import diffusers
import torch
from diffusers import FluxTransformer2DModel
from peft import LoraConfig
from safetensors.torch import save_file

ROOT = Path(__file__).parents[2]
MICRO = ROOT / "models" / "micro" / "transformer"
WEIGHTS = MICRO / "diffusion_pytorch_model.safetensors"
SEED, STEPS, RANK, TASKS, TEXT = 50, 50, 4, 4, 6
OPTIMISER = dict(lr=2e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.01)
LARGEST = 0.05  # norm to clip at: small, so that some steps are clipped
C, H, W = 16, 16, 16
TARGETS = r".*transformer_blocks\.\d+\.(.*\.)?(to_q|to_k|to_v|to_out\.0|add_q_proj|add_k_proj|add_v_proj|to_add_out" \
    r"|net\.0\.proj|net\.2|linear|proj_mlp|proj_out)"
torch.set_num_threads(2)


def pack(x):
    b, c, h, w = x.shape
    return x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(b, h * w // 4, c * 4)


def noise(seed):
    x = torch.randn((1, C, H, W), generator=torch.Generator("cpu").manual_seed(seed))
    return x / (x.std(dim=(2, 3), keepdim=True) + 1e-6)


def velocity(transformer, x, ids, states, pooled, sigma):
    return transformer(
        hidden_states=x, encoder_hidden_states=states, pooled_projections=pooled, timestep=sigma, guidance=torch.ones(len(x)),
        img_ids=ids, txt_ids=torch.zeros(states.shape[1], 3),
    ).sample


def fifty_steps(velocity):
    """The run's tensors: what it starts from, and each step's loss and norm of the gradient."""
    torch.manual_seed(SEED)
    transformer = FluxTransformer2DModel.from_pretrained(MICRO, torch_dtype=torch.float32)
    transformer.requires_grad_(False)
    transformer.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=TARGETS))
    parameters = {name: p for name, p in transformer.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for name, p in parameters.items():
            p.copy_(p.bfloat16().float())  # so that the golden is small
    first = {name: p.detach().clone() for name, p in parameters.items()}
    latents = torch.randn(TASKS, C, H, W).bfloat16().float()
    states = torch.randn(TASKS, TEXT, transformer.config.joint_attention_dim).bfloat16().float()
    pooled = torch.randn(TASKS, transformer.config.pooled_projection_dim).bfloat16().float()
    sigmas = torch.sigmoid(torch.randn(STEPS, 2))
    rows = torch.arange(H // 2).float()
    ids = torch.stack(torch.meshgrid(torch.zeros(1), rows, rows, indexing="ij"), dim=-1).reshape(-1, 3)
    fourth = ((ids[:, 1] >= H // 4) & (ids[:, 2] >= W // 4))[None, :, None]
    optimiser = torch.optim.AdamW(parameters.values(), **OPTIMISER)
    losses, norms = [], []
    for step in range(STEPS):
        which = [2 * step % TASKS, (2 * step + 1) % TASKS]
        x0 = pack(latents[which])
        epsilon = pack(torch.cat([noise(1000 + 2 * step), noise(1001 + 2 * step)]))
        t = sigmas[step][:, None, None]
        x = torch.where(fourth, (1 - t) * x0 + t * epsilon, x0)
        v = velocity(transformer, x, ids, states[which], pooled[which], sigmas[step])
        loss = ((v - (epsilon - x0)) ** 2)[fourth.expand_as(x0)].mean()
        optimiser.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), LARGEST))
        optimiser.step()
        losses.append(loss.detach())
        if step in (0, STEPS - 1):
            zero = [name for name, p in parameters.items() if "lora_B" in name and not p.any()]
            print(f"step {step + 1}: loss {loss:.6f}, norm {norms[-1]:.4f}, {len(zero)} B are zero")
    return dict(
        latents=latents, states=states, pooled=pooled, sigmas=sigmas, losses=losses, norms=norms, first=first, last=parameters
    )


def write(name, tensors, **metadata):
    folder = ROOT / "fixtures" / "goldens" / "transfer"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    save_file({name: value.contiguous() for name, value in tensors.items()}, path, dict(
        source=f"huggingface/diffusers {diffusers.__version__}", seed=str(SEED),
        weights=hashlib.sha256(WEIGHTS.read_bytes()).hexdigest(), **metadata,
    ))
    path.chmod(0o644)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")


def main():
    run = fifty_steps(velocity)
    tensors = {name: run[name].bfloat16() for name in ("latents", "states", "pooled")} | {"sigmas": run["sigmas"]}
    tensors |= {name: torch.stack(run[name]) for name in ("losses", "norms")}
    for name, p in run["last"].items():
        path = name.replace(".default.weight", ".weight")
        if ".lora_A." in name:
            tensors[f"first.{path}"] = run["first"][name].bfloat16()
        tensors[f"norm.{path}"] = p.detach().norm()[None]
    write("train", tensors, generator="tools/goldens/train.py")


if __name__ == "__main__":
    main()
