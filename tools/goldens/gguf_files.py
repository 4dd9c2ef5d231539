"""Writes fixtures/goldens/gguf_files/*: a GGUF file of every type, and what it dequantises to.

Reference: gguf 0.17.1 of PyPI, `GGUFWriter` for the file and `quants.dequantize`
for the values. Blocks are random bytes with finite scales, so that every field
of a block matters; those of `*.real` are quantised from random numbers, where
gguf can do that.

Usage: python tools/goldens/gguf_files.py
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter, quants
from gguf.constants import GGML_QUANT_SIZES
from safetensors.numpy import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "gguf_files"
SOURCE = f"gguf {version('gguf')} of PyPI"
random = np.random.default_rng(0)
# where the float16 scales of a block are
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def blocks(name, shape):
    size, width = GGML_QUANT_SIZES[Type[name]]
    raw = random.integers(0, 256, (*shape[:-1], shape[-1] // size, width), dtype=np.uint8)
    for at in SCALES[name]:
        scale = random.standard_normal(raw.shape[:-1]).astype(np.float16)
        raw[..., at : at + 2] = scale[..., None].view(np.uint8)
    return raw.reshape(*shape[:-1], -1)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(OUT / "types.gguf", "flux")
    writer.add_quantization_version(2)
    writer.add_array("tokens", ["one", "two"])
    writer.add_array("numbers", [1, 2, 3])
    writer.add_bool("flag", True)
    writer.add_float32("third", 1 / 3)
    expected = {}

    def add(name, raw, kind):
        writer.add_tensor(name, raw, raw_dtype=kind)
        expected[name] = np.ascontiguousarray(quants.dequantize(raw, kind), dtype=np.float32)

    values = random.standard_normal((3, 2, 5)).astype(np.float32)
    add("F32", values, Type.F32)
    add("F16", values.astype(np.float16), Type.F16)
    bf16 = torch.from_numpy(values).bfloat16()
    raw = bf16.view(torch.uint8).numpy().reshape(3, 2, 10)
    add("BF16", raw, Type.BF16)
    assert (expected["BF16"] == bf16.float().numpy()).all()
    for name, kind in ((n, Type[n]) for n in SCALES):
        size, _ = GGML_QUANT_SIZES[kind]
        add(name, blocks(name, (3, 2 * size)), kind)
        if not name.endswith("_K"):
            real = (random.standard_normal((2, 64)) * 0.05).astype(np.float32)
            add(f"{name}.real", quants.quantize(real, kind), kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, OUT / "types.safetensors",
              {"source": SOURCE, "generator": "tools/goldens/gguf_files.py", "seed": "0"})

    # a type that is not read
    writer = GGUFWriter(OUT / "unread.gguf", "flux")
    size, width = GGML_QUANT_SIZES[Type.IQ4_XS]
    writer.add_tensor("x.weight", np.zeros((1, width), np.uint8), raw_dtype=Type.IQ4_XS)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    for path in sorted(OUT.iterdir()):
        path.chmod(0o644)
        print(f"{path.name}: {path.stat().st_size / 1024:.1f} KiB")


main()
