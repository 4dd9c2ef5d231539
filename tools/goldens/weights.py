"""Writes fixtures/goldens/weights/: files of the upstream writer, and casts of torch.

Reference: huggingface/safetensors 0.8.0, `safetensors.torch.save_file`; pytorch
2.13.0 `Tensor.to` for the roundings.

Usage: python tools/goldens/weights.py
"""

import json
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "weights"
METADATA = {
    "source": f"huggingface/safetensors {safetensors.__version__}, pytorch {torch.__version__}",
    "generator": "tools/goldens/weights.py",
    "seed": "0",
}


def write(name, tensors, metadata=METADATA):
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata)
    print(f"{name}: {path.stat().st_size / 1024:.1f} KiB")


generator = torch.Generator().manual_seed(0)
third = torch.tensor([1 / 3, -2.0, 0.0])
write("dtypes.safetensors", {
    "f32": third,
    "f16": third.to(torch.float16),
    "bf16": third.to(torch.bfloat16),
    "i64": torch.tensor([-1, 0, 2**31 - 1]),
    "i32": torch.tensor([-1, 0, 2**31 - 1], dtype=torch.int32),
    "u8": torch.tensor([0, 128, 255], dtype=torch.uint8),
    "scalar": torch.tensor(7.0),
    "empty": torch.zeros(0, 4),
})

# bit patterns of every exponent, ties to even and their neighbours, overflow, subnormals
bits = torch.randint(-(2**31), 2**31, (4096,), generator=generator, dtype=torch.int64)
ties16 = (torch.arange(0, 512) * 0x0101_0000 + 0x8000) - 2**31
tiesf16 = (torch.arange(0, 512) * 0x0003_2000 + 0x3800_1000)
near = torch.cat([ties16 - 1, ties16, ties16 + 1, tiesf16 - 1, tiesf16, tiesf16 + 1])
small = torch.arange(0, 600) * 0x0000_5003 + 0x3300_0000  # around the smallest float16
large = torch.arange(0, 64) * 0x200 + 0x477F_C000  # around 65504 and 65520
bits = torch.cat([bits, near, small, large]).to(torch.int32)
x = bits.view(torch.float32)
x = x[~torch.isnan(x)].contiguous()
write("rounding.safetensors", {"f32": x, "bf16": x.to(torch.bfloat16), "f16": x.to(torch.float16)})

weights = {
    f"layers.{i}.{part}": torch.randn(shape, generator=generator)
    for i in range(3)
    for part, shape in (("weight", (4, 6)), ("bias", (4,)))
}
names = list(weights)
shards = {f"model-{k + 1:05}-of-00002.safetensors": names[k::2] for k in range(2)}
for file, part in shards.items():
    write(f"sharded/{file}", {name: weights[name] for name in part}, {"format": "pt"})
(OUT / "sharded" / "model.safetensors.index.json").write_text(json.dumps({
    "metadata": {"total_size": sum(t.nbytes for t in weights.values())},
    "weight_map": {name: file for file, part in shards.items() for name in part},
}, indent=2) + "\n")
write("unsharded.safetensors", weights)

patterns = torch.arange(256, dtype=torch.uint8)
for name, kind in (("f8_e4m3", torch.float8_e4m3fn), ("f8_e5m2", torch.float8_e5m2)):
    values = patterns.view(kind)
    write(f"{name}.safetensors", {"f8": values, "f32": values.float(), "bf16": values.bfloat16()})

# scaled as ComfyUI does: the weight in 8 bits, its scale beside it
real = torch.randn((4, 6), generator=generator) * 0.02
scale = real.abs().max() / torch.finfo(torch.float8_e4m3fn).max
rows = real.abs().amax(1, keepdim=True) / torch.finfo(torch.float8_e4m3fn).max
one, each = (real / scale).to(torch.float8_e4m3fn), (real / rows).to(torch.float8_e4m3fn)
write("fp8_scaled.safetensors", {
    "one.weight": one, "one.scale_weight": scale.reshape(1), "one.scale_input": torch.ones(1),
    "each.weight": each, "each.weight_scale": rows, "each.bias": real[0].bfloat16(),
    "scaled_fp8": torch.zeros(2, dtype=torch.float8_e4m3fn),
})
write("fp8_scaled_expected.safetensors", {"one.weight": one.float() * scale, "each.weight": each.float() * rows,
                                          "each.bias": real[0].bfloat16()})

# wide enough for blocks of 64, every code but NaN, and a product
codes = torch.arange(256, dtype=torch.uint8).repeat(3)[: 5 * 128].reshape(5, 128)
codes[(codes & 0x7F) == 0x7F] = 0
wide = codes.view(torch.float8_e4m3fn)
scales = torch.tensor([1 / 3, 7e-4, -2.5, 1e-6, 0.02]).reshape(5, 1)
x = torch.randn(3, 128, generator=torch.Generator().manual_seed(3))
write("fp8_scaled_blocks.safetensors", {"proj.weight": wide, "proj.scale_weight": scales})
write("fp8_scaled_blocks_expected.safetensors", {
    "weight": wide.float() * scales, "x": x, "y": (x.double() @ (wide.float() * scales).double().T).float(),
})
