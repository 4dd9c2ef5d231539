"""One LoRA training step of PyTorch f32 with peft, with two threads.

The embedded model at the size of bench/lora_step.ts: 64 image and 32 text
tokens, rank 16 on all linear layers of the blocks; forward, backward, clipping
and AdamW. `FluxTransformer2DModel` of huggingface/diffusers v0.42.1.

Reads a number of steps a line, does them, and answers with the milliseconds of
each, as bench/peers/serve_lora_step.ts does.

Usage: python bench/pytorch/lora_step.py BATCH with|without
"""

import json
import sys
import time
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel
from peft import LoraConfig

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools" / "goldens"))
from block_linears import TARGETS  # noqa: E402

RANK = 16
torch.manual_seed(0)
torch.set_num_threads(2)
batch, checkpoints = int(sys.argv[1]), sys.argv[2] == "with"

model = FluxTransformer2DModel.from_pretrained(
    ROOT / "models" / "micro" / "transformer", torch_dtype=torch.float32
).requires_grad_(False)
model.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=TARGETS))
parameters = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(parameters, lr=1e-4)

grid = torch.zeros(8, 8, 3)
grid[..., 1] = torch.arange(8)[:, None]
grid[..., 2] = torch.arange(8)[None]
inputs = dict(
    hidden_states=torch.randn(batch, 64, model.config.in_channels),
    encoder_hidden_states=torch.randn(batch, 32, model.config.joint_attention_dim),
    pooled_projections=torch.randn(batch, model.config.pooled_projection_dim),
    timestep=torch.rand(batch),
    guidance=torch.ones(batch),
    img_ids=grid.reshape(-1, 3),
    txt_ids=torch.zeros(32, 3),
)
target = torch.randn(batch, 64, model.config.in_channels)


def step():
    loss = torch.nn.functional.mse_loss(model(**inputs).sample, target)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


if checkpoints:
    model.enable_gradient_checkpointing()
    model.train()
print("[]", flush=True)
for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - start))
    print(json.dumps(times), flush=True)
