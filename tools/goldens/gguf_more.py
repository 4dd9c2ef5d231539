"""Writes fixtures/goldens/gguf_files/more.*: GGUF of types that came later, and what they dequantise to.

Reference: gguf 0.19.0 of PyPI, as in gguf_files.py. Blocks are random bytes with
finite scales. gguf does not dequantise F64: its values are rounded to float32.

Usage: python tools/goldens/gguf_more.py
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter, quants
from gguf.constants import GGML_QUANT_SIZES
from safetensors.numpy import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "gguf_files"
random = np.random.default_rng(1)
# where the float16 scales of a block are; MXFP4 has a power of two at byte 0
SCALES = {"Q2_K": [80, 82], "Q3_K": [108], "IQ4_NL": [0], "IQ4_XS": [0], "MXFP4": []}


def blocks(name, shape):
    size, width = GGML_QUANT_SIZES[Type[name]]
    raw = random.integers(0, 256, (*shape[:-1], shape[-1] // size, width), dtype=np.uint8)
    for at in SCALES[name]:
        scale = random.standard_normal(raw.shape[:-1]).astype(np.float16)
        raw[..., at : at + 2] = scale[..., None].view(np.uint8)
    if name == "MXFP4":
        raw[..., 0] = random.integers(100, 140, raw.shape[:-1])
    return raw.reshape(*shape[:-1], -1)


def main():
    writer = GGUFWriter(OUT / "more.gguf", "flux")
    expected = {}
    for name in SCALES:
        kind = Type[name]
        size, _ = GGML_QUANT_SIZES[kind]
        raw = blocks(name, (3, 2 * size))
        writer.add_tensor(name, raw, raw_dtype=kind)
        expected[name] = np.ascontiguousarray(quants.dequantize(raw, kind), dtype=np.float32)
    values = random.standard_normal((3, 5))
    writer.add_tensor("F64", values)
    expected["F64"] = values.astype(np.float32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, OUT / "more.safetensors",
              {"source": f"gguf {version('gguf')} of PyPI",
               "generator": "tools/goldens/gguf_more.py", "seed": "1"})
    for path in OUT.glob("more.*"):
        path.chmod(0o644)


main()
