"""Writes fixtures/goldens/layouts/*: tiny models in the files that people have.

References: huggingface/diffusers 0.42.1, loaders/single_file_utils.py,
`convert_flux_transformer_checkpoint_to_diffusers` and `convert_ldm_vae_checkpoint`,
which have to give the weights back that the files were made of; gguf 0.17.1 of
PyPI for the files, their names and the dequantisation; FluxTransformer2DModel for
the velocities.

- flux_bfl.safetensors: a FLUX of width 32, one double and two single blocks, in
  the names of Black Forest Labs, bfloat16.
- flux_comfy.safetensors: the same in float8 e4m3 with ComfyUI's prefix.
- flux_comfy_scaled.safetensors: the same with scales.
- flux_bf16.gguf, flux_q8_0.gguf: as city96 writes them.
- flux.safetensors: inputs, and the velocity of each file; its metadata has the
  sha256 of each array of flux_bfl in diffusers' layout.
- vae_bfl.safetensors: ../vae/tiny.safetensors in the names of latent diffusion.
- t5.gguf: a T5 encoder in the names of llama.cpp; t5.safetensors: in those of
  transformers.
- names.json: names and shapes of FLUX.1-dev and its autoencoder in both layouts,
  numbers of blocks left out.

Usage: python tools/goldens/layouts.py
"""

import copy
import hashlib
import inspect
import json
import re
from importlib.metadata import version
from pathlib import Path

import gguf
import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel
from diffusers.loaders import single_file_utils as utils
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file, save_file
from transformers import T5Config, T5EncoderModel

from dit import inputs_for, randomize

ROOT = Path(__file__).parents[2]
OUT = ROOT / "fixtures" / "goldens" / "layouts"
SOURCE = f"huggingface/diffusers {version('diffusers')}, gguf {version('gguf')}"
GENERATOR = "tools/goldens/layouts.py"
TINY = dict(in_channels=32, out_channels=32, num_layers=1, num_single_layers=2, attention_head_dim=32,
            num_attention_heads=1, joint_attention_dim=32, pooled_projection_dim=32,
            axes_dims_rope=(4, 14, 14), guidance_embeds=True)
DEV = dict(num_layers=19, num_single_layers=38, attention_head_dim=128, num_attention_heads=24,
           joint_attention_dim=4096, pooled_projection_dim=768, guidance_embeds=True)
DEV_VAE = dict(block_out_channels=(128, 256, 512, 512), down_block_types=("DownEncoderBlock2D",) * 4,
               up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2, latent_channels=16,
               use_quant_conv=False, use_post_quant_conv=False)


def write(name, tensors, **metadata):
    metadata |= dict(source=SOURCE, generator=GENERATOR, seed=0)
    tensors = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    save_file(tensors, OUT / f"{name}.safetensors", {k: str(v) for k, v in metadata.items()})


def to_bfl(w, doubles, singles):
    """The way back of diffusers' conversion."""
    out = {}

    def put(name, *parts):
        for p in ("weight", "bias"):
            out[f"{name}.{p}"] = torch.cat([w[f"{part}.{p}"] for part in parts])

    time = "time_text_embed"
    for ours, theirs in {"timestep": "time", "guidance": "guidance", "text": "vector"}.items():
        put(f"{theirs}_in.in_layer", f"{time}.{ours}_embedder.linear_1")
        put(f"{theirs}_in.out_layer", f"{time}.{ours}_embedder.linear_2")
    put("img_in", "x_embedder")
    put("txt_in", "context_embedder")
    for i in range(doubles):
        here, there = f"transformer_blocks.{i}", f"double_blocks.{i}"
        for s, qkv, norm, o, mlp, mod in (
            ("img", "to_{}", "norm_{}", "to_out.0", "ff", "norm1"),
            ("txt", "add_{}_proj", "norm_added_{}", "to_add_out", "ff_context", "norm1_context"),
        ):
            put(f"{there}.{s}_mod.lin", f"{here}.{mod}.linear")
            put(f"{there}.{s}_attn.qkv", *(f"{here}.attn.{qkv.format(x)}" for x in "qkv"))
            out[f"{there}.{s}_attn.norm.query_norm.scale"] = w[f"{here}.attn.{norm.format('q')}.weight"]
            out[f"{there}.{s}_attn.norm.key_norm.scale"] = w[f"{here}.attn.{norm.format('k')}.weight"]
            put(f"{there}.{s}_attn.proj", f"{here}.attn.{o}")
            put(f"{there}.{s}_mlp.0", f"{here}.{mlp}.net.0.proj")
            put(f"{there}.{s}_mlp.2", f"{here}.{mlp}.net.2")
    for i in range(singles):
        here, there = f"single_transformer_blocks.{i}", f"single_blocks.{i}"
        put(f"{there}.modulation.lin", f"{here}.norm.linear")
        put(f"{there}.linear1", *(f"{here}.attn.to_{x}" for x in "qkv"), f"{here}.proj_mlp")
        put(f"{there}.linear2", f"{here}.proj_out")
        out[f"{there}.norm.query_norm.scale"] = w[f"{here}.attn.norm_q.weight"]
        out[f"{there}.norm.key_norm.scale"] = w[f"{here}.attn.norm_k.weight"]
    put("final_layer.linear", "proj_out")
    for p in ("weight", "bias"):
        scale, shift = w[f"norm_out.linear.{p}"].chunk(2)
        out[f"final_layer.adaLN_modulation.1.{p}"] = torch.cat([shift, scale])
    return out


def convert(bfl, width):
    """diffusers' conversion, for a model of another width than FLUX.1's."""
    function = utils.convert_flux_transformer_checkpoint_to_diffusers
    text = inspect.getsource(function)
    assert "inner_dim = 3072" in text
    scope = dict(vars(utils))
    exec(text.replace("inner_dim = 3072", f"inner_dim = {width}"), scope)
    left = dict(bfl)
    converted = scope[function.__name__](left)
    assert not left, f"not converted: {list(left)}"
    return converted


def same(a, b):
    assert a.keys() == b.keys(), a.keys() ^ b.keys()
    for name in a:
        assert a[name].shape == b[name].shape, name
        assert a[name].is_meta or torch.equal(a[name], b[name]), name


def velocity(weights, inputs):
    model = FluxTransformer2DModel(**TINY).eval()
    model.load_state_dict({k: v.float() for k, v in weights.items()})
    with torch.no_grad():
        return model(**inputs, return_dict=False)[0]


def write_gguf(name, arch, tensors, pick):
    writer = gguf.GGUFWriter(OUT / name, arch)
    writer.add_quantization_version(2)
    kept = {}
    for key, value in tensors.items():
        kind = pick(key, value)
        raw = gguf.quants.quantize(value.float().numpy(), kind)
        writer.add_tensor(key, raw, raw_dtype=kind)
        kept[key] = torch.from_numpy(gguf.quants.dequantize(raw, kind).copy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return kept


def flux():
    generator = torch.Generator().manual_seed(0)
    model = FluxTransformer2DModel(**TINY).eval()
    randomize(model, generator)
    weights = model.state_dict()
    bfl = to_bfl(weights, 1, 2)
    same(convert(bfl, 32), weights)
    write("flux_bfl", {k: v.bfloat16() for k, v in bfl.items()})

    inputs = inputs_for(TINY, generator, batch=1, text=3, grid=(2, 3), timestep=0.7, guidance=1.0)
    outputs = {"velocity.bf16": velocity(weights, inputs)}

    e4m3, prefix = torch.float8_e4m3fn, "model.diffusion_model."
    plain, scaled, exact = {}, {}, {}
    for k, v in bfl.items():
        is_linear = v.ndim == 2
        plain[prefix + k] = v.to(e4m3)
        exact[k] = v
        scaled[prefix + k] = v.bfloat16()
        if is_linear:
            scale = v.abs().max() / torch.finfo(e4m3).max
            scaled[prefix + k] = (v / scale).to(e4m3)
            scaled[(prefix + k).removesuffix("weight") + "scale_weight"] = scale
            exact[k] = scaled[prefix + k].float() * scale
    scaled[prefix + "scaled_fp8"] = torch.zeros(2, dtype=e4m3)
    write("flux_comfy", plain)
    write("flux_comfy_scaled", scaled)
    wide = {k.removeprefix(prefix): v.float() for k, v in plain.items()}
    outputs["velocity.fp8"] = velocity(convert(wide, 32), inputs)
    outputs["velocity.fp8_scaled"] = velocity(convert(exact, 32), inputs)

    def bf16(_, v):
        return Type.F32 if v.ndim == 1 else Type.BF16

    def q8_0(_, v):
        return Type.F32 if v.ndim == 1 else Type.Q8_0

    same(convert(write_gguf("flux_bf16.gguf", "flux", bfl, bf16), 32), weights)
    kept = write_gguf("flux_q8_0.gguf", "flux", bfl, q8_0)
    outputs["velocity.q8_0"] = velocity(convert(kept, 32), inputs)

    hashes = {k: hashlib.sha256(v.bfloat16().contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()
              for k, v in weights.items()}
    arrays = {"img": inputs["hidden_states"], "txt": inputs["encoder_hidden_states"],
              "pooled": inputs["pooled_projections"], "img_ids": inputs["img_ids"], "txt_ids": inputs["txt_ids"]}
    write("flux", arrays | outputs, sha256=json.dumps(hashes), timestep=0.7, guidance=1.0,
          config=json.dumps(dict(_class_name="FluxTransformer2DModel", **TINY)))


def to_ldm(w, levels):
    """The way back of diffusers' conversion of autoencoders."""
    out = {}
    for name, v in w.items():
        key = re.sub(r"down_blocks\.(\d+)\.resnets", r"down.\1.block", name)
        key = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", key)
        flip = lambda m: f"up.{levels - 1 - int(m[1])}."  # noqa: E731
        key = re.sub(r"up_blocks\.(\d+)\.", flip, key)
        key = re.sub(r"up\.(\d+)\.resnets", r"up.\1.block", key)
        key = re.sub(r"up\.(\d+)\.upsamplers\.0", r"up.\1.upsample", key)
        key = re.sub(r"mid_block\.resnets\.(\d+)", lambda m: f"mid.block_{int(m[1]) + 1}", key)
        key = key.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
        if "attentions" in key:
            key = key.replace("mid_block.attentions.0", "mid.attn_1").replace("group_norm", "norm")
            key = key.replace("to_out.0", "proj_out").replace("to_", "")
            v = v[:, :, None, None] if v.ndim == 2 else v
        out[key] = v
    return out


def vae():
    config = json.loads(_metadata(ROOT / "fixtures/goldens/vae/tiny.safetensors")["config"])
    weights = load_file(ROOT / "fixtures/goldens/vae/tiny.safetensors")
    ldm = to_ldm(weights, len(config["block_out_channels"]))
    back = utils.convert_ldm_vae_checkpoint(copy.copy(ldm), config)
    same(back, weights)
    write("vae_bfl", ldm)


def _metadata(path):
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return file.metadata()


def t5():
    config = T5Config(vocab_size=40, d_model=32, d_kv=32, d_ff=64, num_layers=2, num_heads=2,
                      feed_forward_proj="gated-gelu", relative_attention_num_buckets=8)
    torch.manual_seed(0)
    weights = {k: v.bfloat16().float() for k, v in T5EncoderModel(config).state_dict().items()}
    weights.pop("encoder.embed_tokens.weight", None)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.T5ENCODER, config.num_layers)
    renamed = {names.get_name(k, try_suffixes=(".weight",)): v for k, v in weights.items()}
    assert None not in renamed
    write_gguf("t5.gguf", "t5encoder", renamed, lambda _, v: Type.F32 if v.ndim == 1 else Type.BF16)
    write("t5", weights)


def names():
    """Shapes of the whole models, checked by the functions as they are."""
    def grouped(tensors):
        shapes = {}
        for name, v in tensors.items():
            key = re.sub(r"(blocks\.)\d+", r"\1{i}", name)
            assert shapes.setdefault(key, list(v.shape)) == list(v.shape), name
        return shapes

    with torch.device("meta"):
        weights = FluxTransformer2DModel(**DEV).state_dict()
        autoencoder = AutoencoderKL(**DEV_VAE).state_dict()
    bfl = to_bfl(weights, 19, 38)
    same(utils.convert_flux_transformer_checkpoint_to_diffusers(dict(bfl)), weights)
    ldm = to_ldm(autoencoder, 4)
    same(utils.convert_ldm_vae_checkpoint(dict(ldm), DEV_VAE), autoencoder)
    shapes = {name: list(v.shape) for name, v in ldm.items()}
    table = {"source": SOURCE, "generator": GENERATOR,
             "flux": {"arrays": len(weights), "diffusers": grouped(weights)},
             "flux_bfl": {"arrays": len(bfl), "bfl": grouped(bfl)},
             "vae_bfl": shapes, "vae": {name: list(v.shape) for name, v in autoencoder.items()}}
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in table.items())
    (OUT / "names.json").write_text("{" + lines + "}\n")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    flux()
    vae()
    t5()
    names()
    for path in sorted(OUT.iterdir()):
        path.chmod(0o644)
        print(f"{path.name}: {path.stat().st_size / 1024:.1f} KiB")
