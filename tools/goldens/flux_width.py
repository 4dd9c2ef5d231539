"""Writes OUT: a random model of FLUX.1-dev's widths in every form that users have it in.

Two double and two single blocks of width 3072, T5-XXL's width in two layers,
CLIP-L and the autoencoder in full; about 20 GB, for bench/flux_width.ts to
compare with. Nothing of it is committed.

References: huggingface/diffusers 0.42.1 (FluxTransformer2DModel, AutoencoderKL,
FlowMatchEulerDiscreteScheduler), transformers 5.23.0, gguf 0.17.1, pytorch 2.13.0, all
on the CPU. Values are those of the file, widened to float32.

- diffusers/: the folder of diffusers, bfloat16, in shards.
- bfl, prefixed, comfy, scaled, gguf-*: folders of single files.
- reference/<form>.json: of each array, in diffusers' and transformers' names,
  the sha256 of its values in float32.
- reference/velocity.safetensors: inputs and, by form, the velocity; also of the
  first double and the first single block alone (`shallow.<form>`).
- reference/edit.safetensors: text encoders, autoencoder and an edit of two steps.

The gguf package cannot quantise to K types: their blocks are random, and their
reference is what they dequantise to.

Usage: python tools/goldens/flux_width.py OUT [GiB a shard]
"""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import calculate_shift, retrieve_timesteps
from gguf import GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES
from PIL import Image
from safetensors.torch import save_file
from transformers import AutoTokenizer, CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5Config, T5EncoderModel

from dit import inputs_for
from edit import pack, randn, standardised, unpack
from layouts import DEV, DEV_VAE, convert, same, to_bfl, to_ldm

ROOT = Path(__file__).parents[2]
MICRO = ROOT / "models" / "micro"
OUT = Path(sys.argv[1])
SHARD = sys.argv[2] if len(sys.argv) > 2 else "1GB"
FLUX = DEV | dict(in_channels=64, num_layers=2, num_single_layers=2)
VAE = DEV_VAE | dict(scaling_factor=0.3611, shift_factor=0.1159, sample_size=1024)
T5 = dict(vocab_size=32128, d_model=4096, d_kv=64, d_ff=10240, num_layers=2, num_heads=64,
          feed_forward_proj="gated-gelu", tie_word_embeddings=True)
CLIP = dict(vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
            num_attention_heads=12, max_position_embeddings=77, hidden_act="quick_gelu",
            bos_token_id=49406, eos_token_id=49407, pad_token_id=49407, projection_dim=768)
SCHEDULER = dict(shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15,
                 base_image_seq_len=256, max_image_seq_len=4096)
PREFIX = {"transformer": "model.diffusion_model.", "vae": "vae.",
          "clip": "text_encoders.clip_l.transformer.", "t5": "text_encoders.t5xxl.transformer."}
E4M3 = torch.float8_e4m3fn
# where the float16 scales of a block of a K type are, and the range of its codes
K_TYPES = {"Q4_K": (0, 2, 15), "Q5_K": (0, 2, 31), "Q6_K": (208, None, 63)}
FILE_TYPES = ["F16", "BF16", "Q8_0", "Q4_0", *K_TYPES]
PANEL, PROMPT, SEED, STEPS = 32, "four panels of a person jumping", 42, 2
torch.set_num_threads(1)


# the model

def drawn(model, generator, std):
    """Arrays of a model on the meta device, of a size that keeps activations near 1."""
    arrays = {}
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator, dtype=torch.bfloat16).float()
        is_norm = "norm" in name and ".linear" not in name and name.endswith(("weight", "scale"))
        if p.ndim == 1:
            value = 1 + 0.1 * noise if is_norm else 0.1 * noise
        else:
            value = noise * std(name, p)
        arrays[name] = value.bfloat16()
    return arrays


def fan_in(_, p):
    return p[0].numel() ** -0.5


def t5_std(name, p):
    if "shared" in name or "embed" in name:
        return 1
    if "relative_attention_bias" in name:
        return 0.5
    return fan_in(name, p) * (T5["d_kv"] ** -0.5 if ".q." in name else 1)  # no 1/sqrt(D) in T5's attention


def clip_std(name, p):
    return 1 if "embedding" in name else fan_in(name, p)


def models():
    with torch.device("meta"):
        return {
            "transformer": FluxTransformer2DModel(**FLUX),
            "vae": AutoencoderKL(**VAE),
            "clip": CLIPTextModel(CLIPTextConfig(**CLIP)),
            "t5": T5EncoderModel(T5Config(**T5)),
        }


def filled(part, arrays, dtype=torch.float32):
    """A model with such arrays, each widened."""
    config = {"transformer": FLUX, "vae": VAE, "clip": CLIP, "t5": T5}[part]
    build = {"transformer": lambda: FluxTransformer2DModel(**config), "vae": lambda: AutoencoderKL(**config),
             "clip": lambda: CLIPTextModel(CLIPTextConfig(**config)),
             "t5": lambda: T5EncoderModel(T5Config(**config))}[part]
    with torch.device("meta"):
        model = build()
    wide = {k: v.to(dtype) for k, v in arrays.items()}
    if part == "t5":
        wide["encoder.embed_tokens.weight"] = wide["shared.weight"]
    model.load_state_dict(wide, assign=True, strict=part != "clip")
    if part == "clip":
        embeddings = next(m for m in model.modules() if hasattr(m, "position_ids"))
        embeddings.position_ids = torch.arange(CLIP["max_position_embeddings"])[None]
    left = [k for k, v in [*model.named_parameters(), *model.named_buffers()] if v.is_meta]
    assert not left, left
    return model.eval()


def folder(arrays):
    """diffusers/, written by diffusers and transformers."""
    at = OUT / "diffusers"
    names = {"transformer": "transformer", "vae": "vae", "clip": "text_encoder", "t5": "text_encoder_2"}
    for part, name in names.items():
        filled(part, arrays[part], torch.bfloat16).save_pretrained(at / name, max_shard_size=SHARD)
    FlowMatchEulerDiscreteScheduler(**SCHEDULER).save_pretrained(at / "scheduler")
    shutil.copy(MICRO / "model_index.json", at)
    tokenizers(at)


def tokenizers(at):
    for name in ("tokenizer", "tokenizer_2"):
        shutil.copytree(MICRO / name, at / name, dirs_exist_ok=True)
    path = at / "tokenizer" / "vocab.json"
    table = json.loads(path.read_text())
    table |= {"<|startoftext|>": CLIP["bos_token_id"], "<|endoftext|>": CLIP["eos_token_id"]}
    path.write_text(json.dumps(table))


# the forms

def f32_bytes(v):
    return v.detach().float().contiguous().numpy().tobytes()


def hashes(form, **parts):
    table = {part: {k: hashlib.sha256(f32_bytes(v)).hexdigest() for k, v in values.items()}
             for part, values in parts.items()}
    (OUT / "reference" / f"{form}.json").write_text(json.dumps(table))


def scaled(arrays, prefix=""):
    """fp8 e4m3 with a scale a linear layer, and what it stands for."""
    stored, values = {prefix + "scaled_fp8": torch.zeros(2, dtype=E4M3)}, {}
    for k, v in arrays.items():
        stored[prefix + k], values[k] = v, v
        if v.ndim == 2 and k != "shared.weight" and "bias" not in k:
            scale = v.float().abs().max() / torch.finfo(E4M3).max
            stored[prefix + k] = (v.float() / scale).to(E4M3)
            stored[prefix + k.removesuffix("weight") + "scale_weight"] = scale
            values[k] = stored[prefix + k].float() * scale
    return stored, values


def k_blocks(kind, value, random):
    """Random blocks of a K type, of the spread of `value` and of mean 0."""
    size, width = GGML_QUANT_SIZES[Type[kind]]
    first, second, codes = K_TYPES[kind]
    raw = random.integers(0, 256, (*value.shape[:-1], value.shape[-1] // size, width), dtype=np.uint8)
    std = float(value.float().std()) * (0.5 + random.random(raw.shape[:-1]))

    def put(at, scale):
        raw[..., at : at + 2] = scale.astype(np.float16)[..., None].view(np.uint8)

    if second is None:  # d · scale · (code - 32), scales of 8 bits
        put(first, std / (73.9 * 18.5))
    else:  # d · scale · code - dmin · minimum, of 6 bits each
        put(first, std / (17.2 * codes))
        put(second, std / (17.2 * codes) * codes / 2)
    return raw.reshape(*value.shape[:-1], -1)


def write_gguf(path, arch, arrays, kind_of, random):
    writer = gguf.GGUFWriter(path, arch)
    writer.add_quantization_version(2)
    kept = {}
    for k, v in arrays.items():
        kind = kind_of(k, v)
        if kind.name in K_TYPES:
            raw = k_blocks(kind.name, v, random)
        elif kind == Type.BF16:
            raw = v.contiguous().view(torch.uint8).numpy()
        else:
            raw = gguf.quants.quantize(v.float().numpy(), kind)
        writer.add_tensor(k, raw, raw_dtype=kind)
        kept[k] = v if kind == Type.BF16 else torch.from_numpy(np.array(gguf.quants.dequantize(raw, kind)))
        assert kept[k].shape == v.shape, k
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return kept


def kinds(name):
    """Types as city96's files have them: vectors wide, embedders and final layer at 16 bits."""
    high = ("img_in", "txt_in", "time_in", "vector_in", "guidance_in", "final_layer", "attn_rel_b")

    def kind(key, value):
        if value.ndim == 1 or "attn_rel_b" in key:
            return Type.F32
        return Type.BF16 if key.startswith(high) and name != "F16" else Type[name]

    return kind


def links(form, **files):
    at = OUT / form
    at.mkdir(exist_ok=True)
    for name, target in files.items():
        os.symlink(os.path.relpath(OUT / target, at), at / name)
    tokenizers(at)
    return at


def forms(arrays, velocities):
    clip, t5 = arrays["clip"], arrays["t5"]
    bfl = to_bfl(arrays["transformer"], FLUX["num_layers"], FLUX["num_single_layers"])
    same(convert(bfl, 3072), arrays["transformer"])
    ldm = to_ldm(arrays["vae"], 4)
    comfy_clip = {k if k.startswith("text_model.") else f"text_model.{k}": v for k, v in clip.items()}
    shared = {"vae": arrays["vae"], "clip": comfy_clip}
    two = {"ae.safetensors": "bfl/ae.safetensors", "clip_l.safetensors": "bfl/clip_l.safetensors"}

    hashes("diffusers", transformer=arrays["transformer"], t5=t5, **shared)
    velocities("bf16", arrays["transformer"])

    print("bfl", flush=True)
    at = links("bfl")
    save_file(bfl, at / "flux1-dev.safetensors")
    save_file(ldm, at / "ae.safetensors")
    save_file(comfy_clip, at / "clip_l.safetensors")
    half = {k: v.half() for k, v in t5.items()}
    save_file(half, at / "t5xxl_fp16.safetensors")
    hashes("bfl", transformer=arrays["transformer"], t5=half, **shared)

    print("prefixed", flush=True)
    at = links("prefixed", **two)
    save_file({PREFIX["transformer"] + k: v for k, v in bfl.items()}, at / "flux1-dev.safetensors")
    narrow = {k: v.to(E4M3) if v.ndim > 1 else v for k, v in t5.items()}
    save_file(narrow, at / "t5xxl_fp8_e4m3fn.safetensors")
    hashes("prefixed", transformer=arrays["transformer"], t5=narrow, **shared)

    print("comfy", flush=True)
    at = links("comfy")
    fp8 = {k: v.to(E4M3) for k, v in bfl.items()}
    whole = {"transformer": fp8, "vae": ldm, "clip": comfy_clip, "t5": narrow}
    save_file({PREFIX[p] + k: v for p, part in whole.items() for k, v in part.items()},
              at / "flux1-dev-fp8.safetensors")
    values = convert({k: v.bfloat16() for k, v in fp8.items()}, 3072)
    hashes("comfy", transformer=values, t5=narrow, **shared)
    velocities("comfy", values)
    del fp8, whole

    print("scaled", flush=True)
    at = links("scaled", **two)
    stored, values = scaled(bfl)
    save_file(stored, at / "flux1-dev-fp8-scaled.safetensors")
    stored, t5_values = scaled(t5)
    save_file(stored, at / "t5xxl_fp8_e4m3fn_scaled.safetensors")
    del stored
    values = convert(values, 3072)
    hashes("scaled", transformer=values, t5=t5_values, **shared)
    velocities("scaled", values)
    del values, t5_values

    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.T5ENCODER, T5["num_layers"])
    there = {k: names.get_name(k, try_suffixes=(".weight",)) for k in t5}
    for name in FILE_TYPES:
        form = f"gguf-{name}"
        print(form, flush=True)
        random = np.random.default_rng(0)
        at = links(form, **two)
        kept = write_gguf(at / f"flux1-dev-{name}.gguf", "flux", bfl, kinds(name), random)
        values = convert(kept, 3072)
        del kept
        velocities(form, values) if name != "BF16" else same(values, {k: v.float() if v.ndim == 1 else v
                                                                     for k, v in arrays["transformer"].items()})
        renamed = {there[k]: v for k, v in t5.items()}
        kept = write_gguf(at / f"t5-v1_1-xxl-encoder-{name}.gguf", "t5encoder", renamed, kinds(name), random)
        hashes(form, transformer=values, t5={k: kept[there[k]] for k in t5}, **shared)
        del kept, values


# the numbers

class Velocities:
    def __init__(self):
        generator = torch.Generator().manual_seed(1)
        self.inputs = inputs_for(FLUX, generator, batch=1, text=32, grid=(4, 4), timestep=0.7, guidance=1.0)
        i = self.inputs
        self.arrays = {"img": i["hidden_states"], "txt": i["encoder_hidden_states"],
                       "pooled": i["pooled_projections"], "img_ids": i["img_ids"], "txt_ids": i["txt_ids"]}

    def __call__(self, form, weights):
        with torch.inference_mode():
            model = filled("transformer", weights)
            self.arrays[form] = model(**self.inputs, return_dict=False)[0]
            if form == "bf16":
                narrow = {k: v.bfloat16() if k != "timestep" and "ids" not in k else v for k, v in self.inputs.items()}
                half = filled("transformer", weights, torch.bfloat16)
                self.arrays["torch_bf16"] = half(**narrow, return_dict=False)[0].float()
            model.transformer_blocks = model.transformer_blocks[:1]
            model.single_transformer_blocks = model.single_transformer_blocks[:1]
            self.arrays[f"shallow.{form}"] = model(**self.inputs, return_dict=False)[0]
        rms = self.arrays[form].square().mean().sqrt()
        print(f"  velocity of {form}: rms {rms:.3f}", flush=True)
        save_file({k: v.contiguous().clone() for k, v in self.arrays.items()},
                  OUT / "reference" / "velocity.safetensors", {"timestep": "0.7", "guidance": "1.0"})


def pictures(generator):
    """Smooth random pictures, `before`, `after` and `query`."""
    at = OUT / "pictures"
    at.mkdir(exist_ok=True)
    for name in ("before", "after", "query"):
        coarse = torch.rand(1, 3, 4, 4, generator=generator)
        fine = torch.nn.functional.interpolate(coarse, size=(PANEL, PANEL), mode="bicubic").clamp(0, 1)
        Image.fromarray((255 * fine[0].permute(1, 2, 0)).round().byte().numpy()).save(at / f"{name}.png")


def pixels(name):
    image = np.asarray(Image.open(OUT / "pictures" / f"{name}.png"))
    return torch.from_numpy(image.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


@torch.inference_mode()
def edit(arrays):
    """The stages of tools/goldens/edit.py with this model, two steps."""
    tokenizer = CLIPTokenizer.from_pretrained(OUT / "diffusers" / "tokenizer")
    clip_ids = tokenizer(PROMPT, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    pooled = filled("clip", arrays["clip"])(clip_ids).pooler_output
    tokenizer = AutoTokenizer.from_pretrained(OUT / "diffusers" / "tokenizer_2")
    length = tokenizer.model_max_length
    t5_ids = tokenizer(PROMPT, padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids
    states = filled("t5", arrays["t5"])(t5_ids)[0]

    vae = filled("vae", arrays["vae"])
    panels = [(vae.encode(pixels(name)).latent_dist.mode() - VAE["shift_factor"]) * VAE["scaling_factor"]
              for name in ("before", "after", "query")]
    z = torch.cat([torch.cat(panels[:2], 3), torch.cat([panels[2], torch.zeros_like(panels[0])], 3)], 2)
    h, w = z.shape[2:]
    mask = torch.zeros(1, 1, h, w)
    mask[..., h // 2 :, w // 2 :] = 1
    noise = standardised(randn(SEED, *z.shape))
    x, clean, inside = pack(noise * mask + z * (1 - mask)), pack(z), pack(mask.expand_as(z))
    ids = FluxPipeline._prepare_latent_image_ids(1, h // 2, w // 2, "cpu", torch.float32)
    scheduler = FlowMatchEulerDiscreteScheduler(**SCHEDULER)
    c = scheduler.config
    mu = calculate_shift(x.shape[1], c.base_image_seq_len, c.max_image_seq_len, c.base_shift, c.max_shift)
    timesteps, _ = retrieve_timesteps(scheduler, STEPS, "cpu", sigmas=np.linspace(1.0, 1 / STEPS, STEPS), mu=mu)
    transformer, after = filled("transformer", arrays["transformer"]), []
    for t in timesteps:
        v = transformer(
            hidden_states=x, timestep=t.expand(1) / 1000, guidance=torch.ones(1), pooled_projections=pooled,
            encoder_hidden_states=states, txt_ids=torch.zeros(length, 3), img_ids=ids, return_dict=False,
        )[0]
        x = scheduler.step(v, t, x, return_dict=False)[0]
        x = x * inside + clean * (1 - inside)
        after.append(x)
    answer = unpack(x, h, w)[..., h // 2 :, w // 2 :]
    decoded = vae.decode(answer / VAE["scaling_factor"] + VAE["shift_factor"]).sample
    stages = dict(clip_ids=clip_ids.int(), t5_ids=t5_ids.int(), pooled=pooled, states=states,
                  latents=torch.cat(panels), after_one=after[0], after_all=x, answer=answer, decoded=decoded,
                  picture=((decoded.clamp(-1, 1) + 1) * 127.5).round())
    for name, v in stages.items():
        print(f"  {name}: rms {v.float().square().mean().sqrt():.3f}")
    save_file({k: v.contiguous().clone() for k, v in stages.items()}, OUT / "reference" / "edit.safetensors",
              {"prompt": PROMPT, "seed": str(SEED), "steps": str(STEPS), "panel": str(PANEL)})


def main():
    (OUT / "reference").mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    std = {"transformer": fan_in, "vae": fan_in, "clip": clip_std, "t5": t5_std}
    arrays = {}
    for part, model in models().items():
        arrays[part] = drawn(model, generator, std[part])
        arrays[part].pop("encoder.embed_tokens.weight", None)
    pictures(generator)
    print("diffusers", flush=True)
    folder(arrays)
    edit(arrays)
    forms(arrays, Velocities())


if __name__ == "__main__":
    main()
