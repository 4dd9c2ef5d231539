"""Writes fixtures/goldens/quantize/*: values, the blocks that gguf makes of them, and a file.

Reference: gguf 0.17.1 of PyPI, `quants.quantize` and `GGUFWriter`. Rows have magnitudes from
1e-8 to 1e3; others are zeros, one value among zeros, ties, and bf16 values.

Usage: python tools/goldens/quantize.py
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter, quants
from safetensors.numpy import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "quantize"


def values():
    random = np.random.default_rng(0)
    rows = [random.standard_normal((8, 96)) * scale for scale in (1, 0.02, 1e-3, 1e-5, 1e-8, 1e3)]
    rows.append(np.zeros((1, 96)))
    rows.append(np.eye(1, 96, 40) * -3)
    rows.append(np.arange(96)[None] - 47.5)  # ties, both signs
    rows.append((np.arange(96)[None] - 47.5) * 127 / 128)
    rows.append(np.tile([8, -8], 48)[None])  # two of the largest magnitude
    x = np.concatenate(rows).astype(np.float32)
    bf16 = torch.from_numpy(random.standard_normal((32, 96)).astype(np.float32)).bfloat16()
    return np.concatenate([x, bf16.float().numpy()])


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    x = values()
    with np.errstate(all="ignore"):
        arrays = {name: quants.quantize(x, Type[name]) for name in ("Q8_0", "Q4_0")}
    save_file({"x": x, **arrays}, OUT / "blocks.safetensors",
              {"source": f"gguf {version('gguf')} of PyPI",
               "generator": "tools/goldens/quantize.py", "seed": "0"})

    writer = GGUFWriter(OUT / "file.gguf", "flux")
    writer.add_quantization_version(2)
    writer.add_file_type(7)
    writer.add_float32("flux.épsilon", 1e-6)
    for name, array in arrays.items():
        writer.add_tensor(name, array[:3], raw_dtype=Type[name])
    writer.add_tensor("bias", x[0, :5])
    writer.add_tensor("scale", x[:2, :5].astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
