"""Writes fixtures/goldens/weights/bnb4*.safetensors: matrices in NF4 and FP4, and what they dequantise to.

Reference: bitsandbytes of PyPI on the cpu, `quantize_4bit` and `dequantize_4bit`;
the arrays are those that `QuantState.as_dict(packed=True)` puts beside a weight,
as diffusers saves them.

Usage: python tools/goldens/bnb4.py
"""

from importlib.metadata import version
from pathlib import Path

import torch
from bitsandbytes import functional as F
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "weights"
META = {"source": f"bitsandbytes {version('bitsandbytes')} of PyPI",
        "generator": "tools/goldens/bnb4.py", "seed": "0"}
# name: shape, type of the values, kind, elements of a block, absmax in 8 bits too, storage
CASES = {
    "nf4": ((6, 64), torch.bfloat16, "nf4", 64, False, torch.uint8),
    "nested": ((520, 64), torch.bfloat16, "nf4", 64, True, torch.uint8),
    "half": ((4, 128), torch.float16, "nf4", 64, True, torch.uint8),
    "float": ((4, 128), torch.float32, "nf4", 128, False, torch.uint8),
    "fp4": ((4, 64), torch.bfloat16, "fp4", 64, False, torch.uint8),
    "rows": ((6, 48), torch.bfloat16, "nf4", 64, False, torch.uint8),
    "odd": ((5, 27), torch.bfloat16, "nf4", 64, False, torch.uint8),
    "stored": ((4, 64), torch.bfloat16, "nf4", 64, True, torch.bfloat16),
}


def main():
    torch.manual_seed(0)
    arrays, expected = {}, {}
    for name, (shape, dtype, kind, blocksize, nested, storage) in CASES.items():
        rows = torch.tensor([1, 0.1, 0.01, 1e-3]).repeat(shape[0])[: shape[0], None]
        values = (torch.randn(shape) * rows).to(dtype)
        packed, state = F.quantize_4bit(values, blocksize=blocksize, compress_statistics=nested,
                                        quant_type=kind, quant_storage=storage)
        weight = f"{name}.weight"
        arrays[weight] = packed
        for key, array in state.as_dict(packed=True).items():
            arrays[f"{weight}.{key}"] = array
        state = F.QuantState.from_dict(
            {k: v.clone() for k, v in arrays.items() if k.startswith(f"{weight}.")}, "cpu")
        wide = F.dequantize_4bit(packed, state)
        if name == "rows":  # the kernel for the cpu has blocks begin anew in each row
            wide = _dequantize_4bit_compute(packed.reshape(-1), state.absmax, state.code, blocksize,
                                            shape, dtype)
        assert wide.dtype == dtype and wide.shape == shape
        expected[weight] = wide
    save_file(arrays, OUT / "bnb4.safetensors", META)
    save_file(expected, OUT / "bnb4_expected.safetensors", META)
    for path in ("bnb4", "bnb4_expected"):
        (OUT / f"{path}.safetensors").chmod(0o644)


main()
