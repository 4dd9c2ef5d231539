"""Writes fixtures/goldens/lora_styles: LoRA files of every style, and what they do.

cases.json lists the files: names, types and shapes of their arrays, whose values
are k / 2^e with k in -7…7 of a small generator, exact in all types, so that the
test makes the same files. velocities.safetensors has what the tiny model of
`dit.py` predicts with each, from weights that are changed by the definition of
the style in float64; pooled vectors of CLIP and states of T5 likewise, of the
tiny encoders of `text.py`.

Definitions: LoRA, DoRA, LoKr, LoHa and biases of huggingface/peft 0.21.2; LoKr,
LoHa, differences and `dora_scale` of KohakuBlueleaf/LyCORIS; modules of
black-forest-labs/flux, as diffusers 0.42.1 maps them. `diffusers` of a case is
what `FluxPipeline.load_lora_weights` does with the same file, whose functions
get the width of the tiny model in place of FLUX.1's.

Usage: python tools/goldens/lora_styles.py
"""

import inspect
import json
import tempfile
import warnings
from pathlib import Path

import diffusers
import torch
from diffusers import FluxPipeline, FluxTransformer2DModel
from diffusers.loaders import lora_conversion_utils, lora_pipeline
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

warnings.filterwarnings("ignore")
ROOT = Path(__file__).parents[2]
GOLDENS = ROOT / "fixtures" / "goldens"
OUT = GOLDENS / "lora_styles"
TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64,
         "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2, "I64": torch.int64, "I32": torch.int32}


def values(name, count, exponent):
    """k / 2^exponent with k in -7…7, by the name."""
    state = 2166136261
    for byte in name.encode():
        state = ((state ^ byte) * 16777619) % 2**32
    out = []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out.append(((state >> 24) % 15 - 7) / 2**exponent)
    return torch.tensor(out, dtype=torch.float64)


class File:
    """Arrays of a LoRA file, and their values in float64."""

    def __init__(self, dtype="F32", metadata=None):
        self.dtype, self.metadata, self.arrays, self.tensors = dtype, metadata or {}, [], {}

    def add(self, name, *shape, exponent=5, value=None, dtype=None):
        """Adds an array of the generator, or of one value."""
        dtype = dtype or self.dtype
        count = 1
        for extent in shape:
            count *= extent
        data = values(name, count, exponent) if value is None else torch.full((count,), value, dtype=torch.float64)
        data = data.reshape(shape)
        assert torch.equal(data.to(TYPES[dtype]).double(), data) or not data.isfinite().all(), name
        self.arrays.append([name, dtype, list(shape), exponent if value is None else None,
                            None if value is None else ("NaN" if value != value else value)])
        self.tensors[name] = data
        return data

    def stored(self):
        types = {name: TYPES[dtype] for name, dtype, *_ in self.arrays}
        return {name: data.to(types[name]).contiguous() for name, data in self.tensors.items()}


def load(path):
    with safe_open(path, "pt") as f:
        metadata = f.metadata()
    return {k: v.float() for k, v in load_file(path).items()}, metadata


weights, metadata = load(GOLDENS / "dit" / "tiny.safetensors")
config = json.loads(metadata["config"]) | {"guidance_embeds": True}
config.pop("_class_name")
C, M, R = 24, 96, 2
W = {k: v.double() for k, v in weights.items()}
inputs, _ = load(GOLDENS / "dit" / "guidance.safetensors")
TIME = 2**-10  # for sigma and guidance: large angles of the sinusoids differ from one libm to the next

Q, K, V = "attn.to_q", "attn.to_k", "attn.to_v"
D0, S1 = "transformer_blocks.0.", "single_transformer_blocks.1."
BLOCK = [D0 + n for n in (Q, K, V, "attn.to_out.0", "attn.add_q_proj", "attn.to_add_out", "ff.net.0.proj",
                          "ff.net.2", "ff_context.net.2", "norm1.linear", "norm1_context.linear")] + \
        [S1 + n for n in (Q, "proj_mlp", "proj_out", "norm.linear")]
FEW = [D0 + Q, D0 + "ff.net.2", S1 + "proj_out", S1 + "attn.to_v"]
OUTER = ["x_embedder", "context_embedder", "time_text_embed.timestep_embedder.linear_1",
         "time_text_embed.guidance_embedder.linear_2", "time_text_embed.text_embedder.linear_1",
         "norm_out.linear", "proj_out"]
# modules of flux and the layers that they are
BFL = {
    "double_blocks.0.img_attn.qkv": [D0 + Q, D0 + K, D0 + V],
    "double_blocks.0.txt_attn.qkv": [D0 + f"attn.add_{n}_proj" for n in "qkv"],
    "double_blocks.0.img_attn.proj": [D0 + "attn.to_out.0"],
    "double_blocks.0.txt_attn.proj": [D0 + "attn.to_add_out"],
    "double_blocks.0.img_mlp.0": [D0 + "ff.net.0.proj"],
    "double_blocks.0.txt_mlp.2": [D0 + "ff_context.net.2"],
    "double_blocks.0.img_mod.lin": [D0 + "norm1.linear"],
    "double_blocks.0.txt_mod.lin": [D0 + "norm1_context.linear"],
    "single_blocks.1.linear1": [S1 + Q, S1 + K, S1 + V, S1 + "proj_mlp"],
    "single_blocks.1.linear2": [S1 + "proj_out"],
    "single_blocks.1.modulation.lin": [S1 + "norm.linear"],
}
BFL_OUTER = {
    "img_in": ["x_embedder"],
    "txt_in": ["context_embedder"],
    "time_in.in_layer": ["time_text_embed.timestep_embedder.linear_1"],
    "vector_in.out_layer": ["time_text_embed.text_embedder.linear_2"],
    "guidance_in.in_layer": ["time_text_embed.guidance_embedder.linear_1"],
    "final_layer.linear": ["proj_out"],
    "final_layer.adaLN_modulation.1": ["norm_out.linear"],
}
XLABS = {
    "double_blocks.0.processor.qkv_lora1": [D0 + Q, D0 + K, D0 + V],
    "double_blocks.0.processor.qkv_lora2": [D0 + f"attn.add_{n}_proj" for n in "qkv"],
    "double_blocks.0.processor.proj_lora1": [D0 + "attn.to_out.0"],
    "double_blocks.0.processor.proj_lora2": [D0 + "attn.to_add_out"],
    "single_blocks.1.processor.qkv_lora": [S1 + Q, S1 + K, S1 + V],
    "single_blocks.1.processor.proj_lora": [S1 + "proj_out"],
}
SMALL = {k: BFL[k] for k in ("double_blocks.0.img_attn.qkv", "double_blocks.0.img_mlp.0", "single_blocks.1.linear1")}
CLIP = ["encoder.layers.0.self_attn.q_proj", "encoder.layers.1.self_attn.out_proj", "encoder.layers.1.mlp.fc1"]
T5 = ["encoder.block.0.layer.0.SelfAttention.q", "encoder.block.1.layer.1.DenseReluDense.wi_0",
      "encoder.block.1.layer.1.DenseReluDense.wo"]


def flat(path):
    return path.replace(".", "_")


def swapped(module, x):
    """Rows in the order of diffusers."""
    if "adaLN" not in module:
        return x
    shift, scale = x.chunk(2)
    return torch.cat([scale, shift])


class Change:
    """Arrays of the model that a file changes, by the definitions."""

    def __init__(self, base=W):
        self.base, self.new = base, {}

    def get(self, name):
        return self.new.get(name, self.base[name])

    def add(self, layers, delta, module="", kind="weight"):
        """Adds a difference of the outputs of some layers, one after the other."""
        delta, row = swapped(module, delta), 0
        for layer in layers:
            name = f"{layer}.{kind}"
            rows = self.base[name].shape[0]
            self.new[name] = self.get(name) + delta[row:row + rows]
            row += rows
        assert row == delta.shape[0], (layers, delta.shape)

    def magnitude(self, layers, m, delta, axis, eps=0):
        """Gives the rows or the columns of W + ΔW their norms."""
        merged = torch.cat([self.base[f"{n}.weight"] for n in layers]) + delta
        norm = merged.norm(dim=1 if axis == 0 else 0) + eps
        merged = merged * (m / norm)[:, None] if axis == 0 else merged * (m / norm)[None]
        row = 0
        for layer in layers:
            rows = self.base[f"{layer}.weight"].shape[0]
            self.new[f"{layer}.weight"] = merged[row:row + rows]
            row += rows


def shape_of(layers, base=W):
    return sum(base[f"{n}.weight"].shape[0] for n in layers), base[f"{layers[0]}.weight"].shape[1]


def pair(file, start, out, into, rank=R, names=(".lora_A.weight", ".lora_B.weight"), four=False, **options):
    ones = (1, 1) if four else ()
    A = file.add(start + names[0], rank, into, *ones, exponent=6, **options)
    B = file.add(start + names[1], out, rank, *ones, exponent=4, **options)
    return B.reshape(out, rank) @ A.reshape(rank, into)


KOHYA = (".lora_down.weight", ".lora_up.weight")


def plain(modules, start, names=(".lora_A.weight", ".lora_B.weight"), scale=lambda module: 1.0, file=None,
          after=None, change=None, base=W, rank=R, **options):
    """A file of plain pairs; `after` adds more arrays to a module."""
    file, change = file or File(), change or Change(base)
    for module, layers in modules.items():
        out, into = shape_of(layers, base)
        delta = pair(file, start(module), out, into, rank, names, **options)
        if after:
            after(file, start(module))
        change.add(layers, scale(module) * delta, module)
    return file, change


def own(layers):
    return {layer: [layer] for layer in layers}


def alpha(value, dtype="F32", shape=()):
    return lambda file, start: file.add(f"{start}.alpha", *shape, value=value, dtype=dtype)


def peft(layers=BLOCK, prefix="transformer.", **options):
    return plain(own(layers), lambda m: prefix + m, **options)


def kohya(modules=BFL, prefix="lora_unet_", **options):
    return plain(modules, lambda m: prefix + flat(m), names=KOHYA, **options)


def config_of(**fields):
    return {"lora_adapter_metadata": json.dumps({f"transformer.{k}": v for k, v in fields.items()}), "format": "pt"}


def patterned(scale, **fields):
    base = dict(r=R, lora_alpha=R, alpha_pattern={}, rank_pattern={}, target_modules=FEW, bias="none",
                lora_dropout=0.0, peft_type="LORA", use_dora=False, use_rslora=False)
    return peft(FEW, file=File(metadata=config_of(**(base | fields))), scale=scale)


CASES = {}


def case(name, about, file, change=None, refused=False, **more):
    CASES[name] = dict(about=about, file=file, change=change, refused=refused, **more)


def peft_cases():
    case("peft", "PEFT, diffusers, ai-toolkit", *peft())
    case("peft_bare", "PEFT without a prefix", *peft(FEW, ""))
    case("peft_base_model", "PEFT, base_model.model", *peft(FEW, "base_model.model."))
    case("peft_adapter_name", "PEFT with the name of an adapter", *peft(
        FEW, names=(".lora_A.default.weight", ".lora_B.default.weight")))
    case("peft_alpha", "TheLastBen: PEFT with alpha", *peft(FEW, after=alpha(4.0), scale=lambda m: 2.0))
    case("peft_alpha_bf16", "alpha as bfloat16", *peft(FEW, after=alpha(1.0, "BF16"), scale=lambda m: 0.5))
    case("peft_alpha_int", "alpha as integer", *peft(FEW, after=alpha(4, "I64"), scale=lambda m: 2.0))
    case("peft_alpha_int32", "alpha as 32-bit integer", *peft(FEW, after=alpha(1, "I32"), scale=lambda m: 0.5))
    case("peft_alpha_one", "alpha of shape [1]", *peft(FEW, after=alpha(1.0, shape=(1,)), scale=lambda m: 0.5))
    case("peft_alpha_zero", "alpha 0", *peft(FEW, after=alpha(0.0), scale=lambda m: 0.0))
    case("peft_config", "lora_alpha in the metadata", *patterned(lambda m: 2.0, lora_alpha=4))
    case("peft_pattern", "alpha_pattern, a path", *patterned(
        lambda m: 4.0 if m == D0 + Q else 1.0, alpha_pattern={D0 + Q: 8}))
    case("peft_pattern_caret", "alpha_pattern, ^path", *patterned(
        lambda m: 4.0 if m == D0 + Q else 1.0, alpha_pattern={"^" + D0 + Q: 8}))
    case("peft_pattern_regex", "alpha_pattern, a regular expression", *patterned(
        lambda m: 4.0 if m.endswith("net.2") else 0.5 if "single" in m else 1.0,
        alpha_pattern={r"transformer_blocks\.\d+\.ff\.net\.2": 8, r"^single.*(proj_out|to_v)": 1}))
    case("peft_pattern_end", "alpha_pattern, the end of a path", *patterned(
        lambda m: 2.0 if m.endswith("to_v") else 1.0, alpha_pattern={"attn.to_v": 4}))
    case("peft_rslora", "rsLoRA", *patterned(lambda m: 4 / 2**0.5, lora_alpha=4, use_rslora=True))
    for dtype in ("F16", "BF16", "F8_E4M3", "F8_E5M2", "F64"):
        case(f"peft_{dtype.lower()}", f"{dtype} matrices", *peft(FEW, file=File(dtype)))
    case("peft_conv", "matrices [r, in, 1, 1]", *peft(FEW, four=True))
    case("peft_down", "transformer.….lora_down", *peft(FEW, names=KOHYA))
    case("old_lora_down", "diffusers before PEFT, .lora.down", *peft(
        FEW, names=(".lora.down.weight", ".lora.up.weight")))
    case("old_linear_layer", "diffusers before PEFT, .lora_linear_layer", *peft(
        FEW, names=(".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight")))
    names = {D0 + "attn.processor.to_q": [D0 + Q], D0 + "attn.processor.to_out": [D0 + "attn.to_out.0"]}
    case("old_processor", "attention processors before PEFT", *plain(
        names, lambda m: f"transformer.{m}", names=("_lora.down.weight", "_lora.up.weight")))
    case("peft_outer", "layers outside of the blocks, SimpleTuner and fal", *peft(FEW + OUTER))
    case("peft_outer_only", "layers outside of the blocks alone", *peft(OUTER))
    # biases of B
    file, change = peft(FEW)
    for layer in FEW:
        rows = W[f"{layer}.weight"].shape[0]
        change.add([layer], file.add(f"transformer.{layer}.lora_B.bias", rows), kind="bias")
    case("peft_bias", "lora_B.bias", file, change)
    # DoRA
    for name, end in (("peft_dora", ".lora_magnitude_vector"), ("peft_dora_weight", ".lora_magnitude_vector.weight")):
        file, change = File(), Change()
        for layer in FEW:
            out, into = shape_of([layer])
            delta = pair(file, f"transformer.{layer}", out, into)
            m = file.add(f"transformer.{layer}{end}", out, value=1.25)
            change.magnitude([layer], m, delta, 0)
        case(name, f"DoRA of PEFT, {end[1:]}", file, change)
    # LoKr and LoHa of PEFT
    case("peft_lokr", "LoKr of PEFT", *lokr(own(FEW), lambda m: f"base_model.model.{m}", "w2"))
    case("peft_loha", "LoHa of PEFT", *loha(own(FEW), lambda m: f"base_model.model.{m}"))
    # gains of norms, as control LoRAs have them
    file, change = peft(FEW)
    for norm in (D0 + "attn.norm_q", D0 + "attn.norm_added_k", S1 + "attn.norm_k"):
        change.new[f"{norm}.weight"] = file.add(f"transformer.{norm}.weight", 12, exponent=2)
    case("peft_norms", "gains of norms in diffusers' names", file, change)


def lokr(modules, start, decomposed, scale=1.0, file=None, change=None, factor=4):
    file, change = file or File(), change or Change()
    for module, layers in modules.items():
        out, into = shape_of(layers)
        key, f, g = start(module), factor, 3
        if "w1" in decomposed:
            w1 = file.add(f"{key}.lokr_w1_a", f, R, exponent=4) @ file.add(f"{key}.lokr_w1_b", R, g, exponent=4)
        else:
            w1 = file.add(f"{key}.lokr_w1", f, g, exponent=4)
        if "w2" in decomposed:
            w2 = file.add(f"{key}.lokr_w2_a", out // f, R, exponent=4) @ \
                file.add(f"{key}.lokr_w2_b", R, into // g, exponent=5)
        else:
            w2 = file.add(f"{key}.lokr_w2", out // f, into // g, exponent=5)
        if decomposed and scale != 1.0:
            file.add(f"{key}.alpha", value=scale * R)
        change.add(layers, (scale if decomposed else 1.0) * torch.kron(w1, w2), module)
    return file, change


def loha(modules, start, scale=1.0, rank=R):
    file, change = File(), Change()
    for module, layers in modules.items():
        out, into = shape_of(layers)
        key = start(module)
        a = file.add(f"{key}.hada_w1_a", out, rank, exponent=4) @ file.add(f"{key}.hada_w1_b", rank, into, exponent=4)
        b = file.add(f"{key}.hada_w2_a", out, rank, exponent=3) @ file.add(f"{key}.hada_w2_b", rank, into, exponent=3)
        if scale != 1.0:
            file.add(f"{key}.alpha", value=scale * rank)
        change.add(layers, scale * a * b, module)
    return file, change


def unet(module):
    return "lora_unet_" + flat(module)


def kohya_cases():
    half = dict(after=alpha(1.0), scale=lambda m: 0.5)
    case("kohya", "sd-scripts", *kohya(**half))
    case("kohya_no_alpha", "sd-scripts without alpha", *kohya(SMALL))
    # layers of a module trained apart
    file, change = File(), Change()
    for module, layers in {k: v for k, v in SMALL.items() if len(v) > 1}.items():
        n, (out, into) = len(layers), shape_of(layers)
        A = file.add(f"{unet(module)}.lora_down.weight", n, into, exponent=6)
        B = torch.zeros(out, n, dtype=torch.float64)
        row = 0
        for i, layer in enumerate(layers):
            rows = shape_of([layer])[0]
            B[row:row + rows, i] = (i + 1) / 8
            row += rows
        name = f"{unet(module)}.lora_up.weight"
        file.arrays.append([name, "F32", [out, n], None, B.flatten().tolist()])
        file.tensors[name] = B
        file.add(f"{unet(module)}.alpha", value=float(n))
        change.add(layers, B @ A)
    case("kohya_sparse", "sd-scripts with split_qkv", file, change)
    case("kohya_outer", "sd-scripts with layers outside of the blocks", *kohya(SMALL | BFL_OUTER))
    case("kohya_outer_alpha", "the same with alpha", *kohya(SMALL | BFL_OUTER, **half))
    case("kohya_outer_only", "final_layer alone", *kohya({k: v for k, v in BFL_OUTER.items() if "final" in k}))
    case("onetrainer", "OneTrainer, lora_transformer_", *plain(
        own(FEW + OUTER), lambda m: "lora_transformer_" + flat(m), names=KOHYA, **half))
    case("kohya_diffusers", "lora_unet_ with the layers of diffusers", *plain(
        own(FEW), lambda m: "lora_unet_" + flat(m), names=KOHYA, **half))
    # LyCORIS
    case("lokr", "LoKr, both factors whole", *lokr(SMALL, unet, ""))
    case("lokr_w2", "LoKr, the second in two", *lokr(SMALL, unet, "w2", 0.5))
    case("lokr_w1_w2", "LoKr, both in two", *lokr(SMALL, unet, "w1 w2", 0.5))
    case("lokr_outer", "LoKr outside of the blocks", *lokr(
        {"final_layer.adaLN_modulation.1": ["norm_out.linear"], "vector_in.out_layer":
         ["time_text_embed.text_embedder.linear_2"]}, unet, "w2", 0.5))
    case("lokr_simpletuner", "LoKr of SimpleTuner, lycoris_", *lokr(
        own(FEW), lambda m: "lycoris_" + flat(m), "w2", 0.5))
    case("lokr_aitoolkit", "LoKr of ai-toolkit, diffusion_model.", *lokr(
        SMALL, lambda m: "diffusion_model." + m, "", 0.5))
    case("loha", "LoHa", *loha(SMALL, unet, 0.5))
    case("loha_wide", "LoHa of a rank whose square is wide", *loha(own(FEW), lambda m: unet(m), rank=6))
    file, change = File(), Change()
    for module, layers in (SMALL | {"final_layer.adaLN_modulation.1": ["norm_out.linear"]}).items():
        out, into = shape_of(layers)
        change.add(layers, file.add(f"{unet(module)}.diff", out, into, exponent=7), module)
        change.add(layers, file.add(f"{unet(module)}.diff_b", out), module, kind="bias")
    case("full", "whole differences and biases", file, change)
    file, change = kohya(SMALL)
    for module, layers in SMALL.items():
        change.add(layers, file.add(f"{unet(module)}.diff_b", shape_of(layers)[0]), module, kind="bias")
    case("diff_b", "LoRA and diff_b", file, change)
    file, change = File(), Change()
    for module, layers in SMALL.items():
        change.add(layers, file.add(f"{unet(module)}.diff_b", shape_of(layers)[0]), module, kind="bias")
    case("diff_b_only", "diff_b alone", file, change)
    file, change = kohya(SMALL)
    norm = "lora_unet_double_blocks_0_img_attn_norm_query_norm"
    change.add([D0 + "attn.norm_q"], file.add(f"{norm}.w_norm", 12))
    case("w_norm", "LyCORIS's norm", file, change)
    file, change = kohya(SMALL)
    change.add([D0 + "attn.norm_k"], file.add("diffusion_model.double_blocks.0.img_attn.norm.key_norm.scale.diff", 12))
    case("norm_diff", "ComfyUI's difference of a norm", file, change)
    # dora_scale
    for name, about, modules, axis in (
        ("dora_out", "dora_scale [out, 1]", SMALL, 0),
        ("dora_in", "dora_scale [1, in]", {k: v for k, v in SMALL.items() if len(v) == 1}, 1),
        ("dora_in_fused", "dora_scale [1, in] of fused modules", SMALL, 1),
    ):
        file, change = File(), Change()
        for module, layers in modules.items():
            out, into = shape_of(layers)
            delta = 0.5 * pair(file, unet(module), out, into, names=KOHYA)
            file.add(f"{unet(module)}.alpha", value=1.0)
            m = file.add(f"{unet(module)}.dora_scale", *((out, 1) if axis == 0 else (1, into)), value=1.5)
            change.magnitude(layers, m.flatten(), delta, axis, 2**-23)
        case(name, about, file, change)
    file, change = lokr(SMALL, unet, "w2", 0.5)
    for module, layers in SMALL.items():
        delta = torch.cat([change.new[f"{n}.weight"] - W[f"{n}.weight"] for n in layers])
        m = file.add(f"{unet(module)}.dora_scale", delta.shape[0], 1, value=0.75)
        change.magnitude(layers, m.flatten(), delta, 0, 2**-23)
    case("lokr_dora", "LoKr with dora_scale", file, change)


def other_cases():
    case("bfl", "ComfyUI, diffusion_model.….lora_A", *plain(BFL, lambda m: "diffusion_model." + m))
    case("bfl_bare", "modules of flux without a prefix", *plain(SMALL, lambda m: m))
    case("kontext", "fal's Kontext trainer, base_model.model", *plain(
        BFL | BFL_OUTER, lambda m: "base_model.model." + m))
    case("comfy", "ComfyUI, diffusion_model.….lora_down and alpha", *plain(
        SMALL, lambda m: "diffusion_model." + m, names=KOHYA, after=alpha(1.0), scale=lambda m: 0.5))
    case("bfl_alpha", "diffusion_model.….lora_A and alpha", *plain(
        SMALL, lambda m: "diffusion_model." + m, after=alpha(1.0), scale=lambda m: 0.5))
    file, change = plain(BFL | BFL_OUTER, lambda m: m)
    for module, layers in (BFL | BFL_OUTER).items():
        bias = file.add(f"{module}.lora_B.bias", shape_of(layers)[0])
        change.add(layers, bias, module, kind="bias")
    for ours, theirs in ((D0 + "attn.norm_q", "double_blocks.0.img_attn.norm.query_norm"),
                         (D0 + "attn.norm_added_k", "double_blocks.0.txt_attn.norm.key_norm"),
                         (S1 + "attn.norm_k", "single_blocks.1.norm.key_norm")):
        change.new[f"{ours}.weight"] = file.add(f"{theirs}.scale", 12, exponent=2)
    case("bfl_control", "Black Forest Labs' control LoRAs, of the model's width", file, change)
    names = (".down.weight", ".up.weight")
    case("xlabs", "XLabs-AI", *plain(XLABS, lambda m: m, names=names))
    case("xlabs_comfy", "XLabs-AI behind diffusion_model.", *plain(XLABS, lambda m: "diffusion_model." + m, names=names))
    # foreign arrays
    file, change = kohya(SMALL)
    file.add("bundle_emb.name.clip_l", 2, 8)
    file.add("bundle_emb.name.t5", 2, 8)
    case("bundle_emb", "bundled embeddings", file, change)
    file, change = plain(SMALL, lambda m: "diffusion_model." + m, names=KOHYA)
    key = "text_encoders.clip_l.transformer.text_model.embeddings.position_embedding"
    file.add(f"{key}.lora_down.weight", 1, 24)
    file.add(f"{key}.lora_up.weight", 77, 1, value=0.0)
    case("position_zero", "position embeddings of zeros", file, change)


def text_cases():
    clip = own(CLIP)
    styles = {
        "clip_te1": ("lora_te1_", lambda m: "lora_te1_text_model_" + flat(m), KOHYA),
        "clip_te": ("lora_te_", lambda m: "lora_te_text_model_" + flat(m), KOHYA),
        "clip_peft": ("text_encoder.", lambda m: "text_encoder.text_model." + m, (".lora_A.weight", ".lora_B.weight")),
        "clip_comfy": ("text_encoders.clip_l.transformer.",
                       lambda m: "text_encoders.clip_l.transformer.text_model." + m, KOHYA),
        "clip_linear_layer": ("text_encoder.….lora_linear_layer", lambda m: "text_encoder.text_model." + m,
                              (".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight")),
    }
    for name, (about, start, names) in styles.items():
        case(name, f"CLIP, {about}", *plain(clip, start, names=names, base=CLIP_W, after=alpha(1.0) if names == KOHYA
                                            else None, scale=lambda m: 0.5 if names == KOHYA else 1.0), text="clip")
    old = {CLIP[0].replace("q_proj", "to_q"): [CLIP[0]], CLIP[1].replace("out_proj", "to_out"): [CLIP[1]]}
    case("clip_to_q", "CLIP, text_encoder.….to_q_lora", *plain(
        old, lambda m: "text_encoder.text_model." + m, names=("_lora.down.weight", "_lora.up.weight"), base=CLIP_W),
        text="clip")
    file, change = File(), Change(CLIP_W)
    for layer in CLIP:
        out, into = shape_of([layer], CLIP_W)
        key = "lora_te1_text_model_" + flat(layer)
        delta = pair(file, key, out, into, names=KOHYA)
        change.magnitude([layer], file.add(f"{key}.dora_scale", out, 1, value=1.25).flatten(), delta, 0, 2**-23)
    case("clip_dora", "CLIP with dora_scale", file, change, text="clip")
    t5 = own(T5)
    for name, about, start, names in (
        ("t5_te3", "lora_te3_", lambda m: "lora_te3_" + flat(m), KOHYA),
        ("t5_te2", "lora_te2_, OneTrainer", lambda m: "lora_te2_" + flat(m), KOHYA),
        ("t5_comfy", "text_encoders.t5xxl.transformer.", lambda m: "text_encoders.t5xxl.transformer." + m, KOHYA),
        ("t5_peft", "text_encoder_2.", lambda m: "text_encoder_2." + m, (".lora_A.weight", ".lora_B.weight")),
    ):
        case(name, f"T5, {about}", *plain(t5, start, names=names, base=T5_W), text="t5")
    # all parts in one file
    file, change = kohya(SMALL)
    _, clip_change = plain(clip, lambda m: "lora_te1_text_model_" + flat(m), names=KOHYA, base=CLIP_W, file=file)
    _, t5_change = plain(t5, lambda m: "lora_te3_" + flat(m), names=KOHYA, base=T5_W, file=file)
    case("all_parts", "sd-scripts with both text encoders", file, change, clip_change=clip_change, t5_change=t5_change)
    file, change = plain(SMALL, lambda m: "diffusion_model." + m, names=KOHYA)
    for layer in T5:
        out, into = shape_of([layer], T5_W)
        key = f"text_encoders.t5xxl.transformer.{layer}"
        file.add(f"{key}.lora_down.weight", 1, into)
        file.add(f"{key}.lora_up.weight", out, 1, value=0.0)
    case("t5_zero", "T5 of zeros", file, change)


def refused_cases():
    def of(name, about, *arrays, start=None, **more):
        file, _ = start or kohya(SMALL)
        for key, *shape in arrays:
            file.add(key, *shape)
        case(name, about, file, refused=True, **more)

    key = "lora_unet_double_blocks_0_img_attn_proj"
    empty = lambda: (File(), None)
    file = File()
    pair(file, "transformer.x_embedder", C, 32)
    case("control_wide", "FLUX control, which widens x_embedder", file, refused=True)
    of("oft", "OFT", (f"{key}.oft_blocks", 4, 6, 6))
    of("boft", "BOFT", (f"{key}.boft_blocks", 4, 6, 6))
    of("glora", "GLoRA", (f"{key}.a1.weight", 2, 24), (f"{key}.a2.weight", 24, 2), start=empty())
    of("ia3", "(IA)³", (f"{key}.weight", 24), (f"{key}.on_input",), start=empty())
    of("vera", "VeRA", (f"base_model.model.{FEW[0]}.vera_lambda_b", 24), start=empty())
    of("locon_mid", "LoCon with a middle convolution", (f"{key}.lora_mid.weight", 2, 2, 3, 3))
    of("lokr_tucker", "LoKr of convolutions", (f"{key}.lokr_t2", 2, 2, 3, 3))
    of("embedding", "LoRA of an embedding", ("base_model.model.x.lora_embedding_A", 2, 24), start=empty())
    sd = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    of("sd15", "Stable Diffusion", (f"{sd}.lora_down.weight", 2, 24), (f"{sd}.lora_up.weight", 24, 2), start=empty())
    te2 = "lora_te2_text_model_encoder_layers_0_mlp_fc1"
    of("sdxl_te2", "SDXL's second text encoder", (f"{te2}.lora_down.weight", 2, 24), (f"{te2}.lora_up.weight", 96, 2))
    of("model", "a model", ("double_blocks.0.img_attn.qkv.weight", 72, 24), start=empty())
    of("textual_inversion", "a textual inversion", ("clip_l", 2, 24), start=empty())
    of("half", "half a layer", ("transformer.proj_out.lora_A.weight", 2, 24), start=empty())
    far = "transformer.transformer_blocks.7.attn.to_q"
    of("far_block", "a block that the model lacks", (f"{far}.lora_A.weight", 2, 24), (f"{far}.lora_B.weight", 24, 2),
       start=peft(FEW))
    far = "lora_unet_double_blocks_0_img_attn_other"
    of("unknown_module", "a module that FLUX lacks", (f"{far}.lora_down.weight", 2, 24), (f"{far}.lora_up.weight", 24, 2))
    wide = f"transformer.{FEW[0]}"
    of("wide", "another width", (f"{wide}.lora_A.weight", 2, 48), (f"{wide}.lora_B.weight", 48, 2), start=empty())
    of("modules_to_save", "whole weights beside a LoRA", ("transformer.x_embedder.weight", 24, 16), start=peft(FEW))
    key = "text_encoders.clip_l.transformer.text_model.embeddings.position_embedding"
    of("position", "position embeddings", (f"{key}.lora_down.weight", 1, 24), (f"{key}.lora_up.weight", 77, 1))
    file, _ = patterned(lambda m: 1.0, rank_pattern={D0 + Q: 4})
    case("rank_pattern", "a rank that is not the config's", file, refused=True)
    file = File(metadata=config_of(r=R, lora_alpha=R, use_dora=True))
    pair(file, f"transformer.{FEW[0]}", C, C)
    case("dora_without", "DoRA without magnitudes", file, refused=True)
    file = File()
    file.add(f"transformer.{FEW[0]}.lora_A.weight", 2, C, value=float("nan"))
    file.add(f"transformer.{FEW[0]}.lora_B.weight", C, 2)
    case("nan", "NaN", file, refused=True)


def text_model(name, kind):
    arrays, metadata = load(GOLDENS / "text" / f"{name}.safetensors")
    config = json.loads(metadata["config"])
    model = CLIPTextModel(CLIPTextConfig(**config)) if kind == "clip" else T5EncoderModel(T5Config(**config))
    state = {k.removeprefix("weights."): v for k, v in arrays.items() if k.startswith("weights.")}
    known = set(model.state_dict())
    fixed = {}
    for key, value in state.items():
        fixed[key if key in known else f"text_model.{key}" if f"text_model.{key}" in known else
              key.removeprefix("text_model.")] = value
    missing, unexpected = model.load_state_dict(fixed, strict=False)
    assert not unexpected, unexpected
    return model.eval(), arrays["ids"].long(), {k.removeprefix("text_model."): v.double() for k, v in state.items()}


CLIP_MODEL, CLIP_IDS, CLIP_W = text_model("clip_quick_gelu", "clip")
T5_MODEL, T5_IDS, T5_W = text_model("t5_batch", "t5")


@torch.no_grad()
def velocity(transformer, dtype):
    cast = lambda x: x.to(dtype)
    return transformer(
        hidden_states=cast(inputs["img"]), encoder_hidden_states=cast(inputs["txt"]),
        pooled_projections=cast(inputs["pooled"]), timestep=torch.tensor([TIME], dtype=dtype),
        guidance=torch.tensor([TIME], dtype=dtype), img_ids=inputs["img_ids"],
        txt_ids=inputs["txt_ids"], return_dict=False)[0]


@torch.no_grad()
def text(model, ids):
    out = model(ids)
    return out.pooler_output if isinstance(model, CLIPTextModel) else out.last_hidden_state


def changed(model, change, prefixes=("",)):
    """A copy of a model in float64 with arrays put in place."""
    import copy
    model = copy.deepcopy(model).double()
    state = model.state_dict()
    with torch.no_grad():
        for name, value in (change.new if change else {}).items():
            key = next(p + name for p in prefixes if p + name in state)
            state[key].copy_(value)
    return model


def relative(got, wanted):
    return ((got.double() - wanted).norm() / wanted.norm()).item()


def narrowed(function, *replacements):
    source = inspect.getsource(function)
    for old, new in replacements:
        assert old in source, old
        source = source.replace(old, new)
    scope = dict(vars(lora_conversion_utils))
    exec(source, scope)
    return scope[function.__name__]


def in_diffusers(path, entry, wanted):
    """What diffusers does with a file."""
    import copy
    # its own encoders are FLUX.1's only with CLIP
    pipeline = FluxPipeline(scheduler=None, vae=None, text_encoder=copy.deepcopy(CLIP_MODEL), tokenizer=None,
                            text_encoder_2=None, tokenizer_2=None, transformer=copy.deepcopy(TRANSFORMER))
    try:
        pipeline.load_lora_weights(str(path))
    except BaseException as error:
        return f"refuses it: {type(error).__name__}"
    if entry["refused"]:
        if pipeline.transformer.config.in_channels != TRANSFORMER.config.in_channels:
            return "widens the model"
        base = velocity(TRANSFORMER, torch.float32)
        got = velocity(pipeline.transformer, torch.float32)
        return "takes part of it" if got.isfinite().all() and not torch.equal(got, base) else "loads nothing of it"
    errors = []
    for key, target in wanted.items():
        got = velocity(pipeline.transformer, torch.float32) if key == "velocity" else \
            text(pipeline.text_encoder, CLIP_IDS) if key == "clip" else text(T5_MODEL, T5_IDS)
        errors.append(relative(got, target))
    worst = max(errors)
    if worst != worst:
        return "another result, not finite"
    return "the same" if worst < 1e-5 else f"another result, off by {worst:.1e}"


TRANSFORMER = FluxTransformer2DModel(**config).eval()
TRANSFORMER.load_state_dict(weights, strict=True)


def main():
    diffusers.logging.set_verbosity(60)
    torch.set_num_threads(2)
    torch.manual_seed(0)
    lora_pipeline._convert_kohya_flux_lora_to_diffusers = narrowed(
        lora_conversion_utils._convert_kohya_flux_lora_to_diffusers, ("[3072, 3072, 3072, 12288]", f"[{C}, {C}, {C}, {M}]"))
    small = (("num_layers = 19", "num_layers = 1"), ("num_single_layers = 38", "num_single_layers = 1"),
             ("inner_dim = 3072", f"inner_dim = {C}"))
    lora_pipeline._convert_fal_kontext_lora_to_diffusers = narrowed(
        lora_conversion_utils._convert_fal_kontext_lora_to_diffusers, *small)
    peft_cases()
    kohya_cases()
    other_cases()
    text_cases()
    refused_cases()
    listed, goldens = [], {}
    base = velocity(changed(TRANSFORMER, None), torch.float64)
    for name, entry in CASES.items():
        wanted = {}
        if not entry["refused"]:
            clip = entry.get("clip_change") or (entry["change"] if entry.get("text") == "clip" else None)
            t5 = entry.get("t5_change") or (entry["change"] if entry.get("text") == "t5" else None)
            if "text" not in entry:
                wanted["velocity"] = velocity(changed(TRANSFORMER, entry["change"]), torch.float64)
            if clip:
                wanted["clip"] = text(changed(CLIP_MODEL, clip, ("", "text_model.")), CLIP_IDS)
            if t5:
                wanted["t5"] = text(changed(T5_MODEL, t5), T5_IDS)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lora.safetensors"
            save_file(entry["file"].stored(), path, entry["file"].metadata)
            verdict = in_diffusers(path, entry, wanted)
        effect = relative(wanted["velocity"], base) if "velocity" in wanted else None
        for key, value in wanted.items():
            goldens[f"{name}.{key}"] = value.float()
        print(f"{name:20s} {verdict:40s} {effect if effect is None else f'{effect:.1e}'}")
        listed.append(dict(name=name, about=entry["about"], diffusers=verdict, arrays=entry["file"].arrays,
                           metadata=entry["file"].metadata))
    OUT.mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in goldens.items()}, OUT / "outputs.safetensors", {
        "source": f"diffusers {diffusers.__version__}", "generator": "tools/goldens/lora_styles.py"})
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in listed)
    (OUT / "cases.json").write_text(f"[\n{lines}\n]\n")
    for path in OUT.iterdir():
        path.chmod(0o644)
        print(path.name, path.stat().st_size)


main()
