"""Writes fixtures/goldens/baselines/*: latents that released programs make, step by step in float32 on the CPU.

One case a call, as two of the programs bring a package `diffusers` of their own:

    git clone https://github.com/wangjiangshan0725/RF-Solver-Edit && git -C RF-Solver-Edit checkout 3388e29
    git clone https://github.com/snap-research/stable-flow && git -C stable-flow checkout c99ac0e
    git clone https://github.com/fallenshock/FlowEdit && git -C FlowEdit checkout 457f402
    python tools/goldens/baselines.py sd_edit
    python tools/goldens/baselines.py flux_inpaint
    python tools/goldens/baselines.py prompt_to_prompt
    python tools/goldens/baselines.py rf_solver_edit RF-Solver-Edit
    python tools/goldens/baselines.py stable_flow stable-flow
    python tools/goldens/baselines.py flow_edit FlowEdit stable-flow

Run as released: `FluxImg2ImgPipeline` and `FluxInpaintPipeline` of diffusers 0.42.1; `denoise` and `Flux` of RF-Solver-Edit;
`FluxPipeline` of stable-flow; `FlowEditFLUX` of FlowEdit on the diffusers 0.30.0 that stable-flow brings (0.30.0 is what FlowEdit
names; its sizes do not fit 0.42.1). Restated here, as no program has them: Prompt-to-Prompt (none was released), the "matched"
variants, and the known panels kept clean (CUC-MIPG/Edit-Transfer@c44a846, toolkit/pipeline_flux_inpaint.py).

The model is dit/tiny.safetensors, its last layer's rows 0..3 repeated so that it has 16 channels out; rf_solver_edit repeats its
single blocks to 22, as the program takes values from the single block 20 on. Latents have 4 channels; captions are random states.

Arrays: `states.*` [T, 20] and `pooled.*` [10] of source and target, `clean` [4, h, w], `noise` [4, h, w] where it is given, and
final tokens by case, `[I, 16]`; the metadata has the options of each case as JSON.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).parents[2]
OUT = ROOT / "fixtures" / "goldens" / "baselines"
SIDE = 8  # of the latents
SHIFT = dict(use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15, base_image_seq_len=256, max_image_seq_len=4096)
CONFIG = dict(in_channels=16, num_layers=2, num_single_layers=2, attention_head_dim=12, num_attention_heads=2,
              joint_attention_dim=20, pooled_projection_dim=10, axes_dims_rope=(2, 4, 6), guidance_embeds=True)


def weights(singles=2):
    """Weights of the model in diffusers' names."""
    tiny = {k: v.float() for k, v in load_file(OUT.parent / "dit" / "tiny.safetensors").items()}
    for part in ("weight", "bias"):
        tiny[f"proj_out.{part}"] = torch.cat([tiny[f"proj_out.{part}"], tiny[f"proj_out.{part}"][:4]])
    prefix = "single_transformer_blocks."
    blocks = [{k[len(f"{prefix}{i}.") :]: v for k, v in tiny.items() if k.startswith(f"{prefix}{i}.")} for i in range(2)]
    for i in range(2, singles):
        tiny |= {f"{prefix}{i}.{k}": v for k, v in blocks[i % 2].items()}
    return tiny


def transformer():
    from diffusers import FluxTransformer2DModel

    model = FluxTransformer2DModel(**CONFIG).eval()
    model.load_state_dict(weights())
    return model


def scheduler():
    from diffusers import FlowMatchEulerDiscreteScheduler

    return FlowMatchEulerDiscreteScheduler(**SHIFT)


def pipeline(kind):
    """A pipeline without encoders and autoencoder."""
    return kind(scheduler=scheduler(), vae=None, text_encoder=None, tokenizer=None, text_encoder_2=None, tokenizer_2=None,
                transformer=transformer())


def inputs(seed, tokens=6, tiles=1):
    generator = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.randn(shape, generator=generator)
    names = ("source", "target")
    return dict(
        states={name: draw(tokens, 20).tile(tiles, 1) for name in names},
        pooled={name: draw(10) for name in names},
        clean=draw(4, SIDE, SIDE),
        noise=draw(4, SIDE, SIDE),
    )


def told(given, *names):
    """Captions as a pipeline takes them."""
    return dict(
        prompt_embeds=torch.stack([given["states"][name] for name in names]),
        pooled_prompt_embeds=torch.stack([given["pooled"][name] for name in names]),
    )


def packed(x):
    """Tokens [I, 16] of latents [4, h, w]."""
    c, h, w = x.shape
    return x.view(c, h // 2, 2, w // 2, 2).permute(1, 3, 0, 2, 4).reshape(h * w // 4, 4 * c)


def write(name, given, made, options, source, tiles=1):
    OUT.mkdir(parents=True, exist_ok=True)
    arrays = {f"{part}.{key}": value for part in ("states", "pooled") for key, value in given[part].items()}
    arrays = {k: v[: len(v) // tiles] if k.startswith("states") else v for k, v in arrays.items()}
    arrays |= {"clean": given["clean"], "noise": given["noise"]} | made
    metadata = dict(source=source, generator="tools/goldens/baselines.py", options=json.dumps(options), tiles=str(tiles))
    save_file({k: v.contiguous().clone() for k, v in arrays.items()}, OUT / f"{name}.safetensors", metadata)


def with_noise(module, noise):
    """Makes a pipeline's module draw this noise."""
    module.randn_tensor = lambda shape, **_: noise.expand(shape).clone()


def sd_edit():
    from diffusers.pipelines.flux import pipeline_flux_img2img as module

    given = inputs(1)
    options = {f"strength_{s}": dict(steps=5, strength=s, guidance=7.0) for s in (0.6, 0.8, 1.0)}
    made = {}
    for name, option in options.items():
        pipe = pipeline(module.FluxImg2ImgPipeline)
        pipe.latent_channels = 4
        pipe.image_processor.config.vae_latent_channels = 4
        with_noise(module, given["noise"])
        made[name] = pipe(
            **told(given, "target"), image=given["clean"][None], height=8 * SIDE, width=8 * SIDE, strength=option["strength"],
            num_inference_steps=option["steps"], guidance_scale=option["guidance"], output_type="latent",
        ).images[0]
    write("sd_edit", given, made, options, "huggingface/diffusers@v0.42.1 FluxImg2ImgPipeline")


class Autoencoder:
    """Stands for the autoencoder that encodes the masked picture, which this transformer does not see."""

    class config:
        shift_factor, scaling_factor, latent_channels, block_out_channels = 0, 1, 4, (1, 1, 1, 1)

    def encode(self, picture):
        self.latents = torch.zeros(len(picture), 4, SIDE, SIDE)
        return self


def flux_inpaint():
    from diffusers.pipelines.flux import pipeline_flux_inpaint as module

    given = inputs(2)
    common = dict(steps=5, guidance=3.5)
    options = {
        "renoised": dict(**common, strength=1.0, known="renoised"),
        "renoised_0.6": dict(**common, strength=0.6, known="renoised"),
        "known_clean": dict(**common, strength=1.0, known="clean"),
    }
    made = {}
    mask = torch.zeros(1, 1, 8 * SIDE, 8 * SIDE)
    mask[..., 4 * SIDE :, 4 * SIDE :] = 1
    for name in ("renoised", "renoised_0.6"):
        pipe = pipeline(module.FluxInpaintPipeline)
        pipe.vae = Autoencoder()
        pipe.latent_channels = 4
        pipe.image_processor.config.vae_latent_channels = 4
        with_noise(module, given["noise"])
        made[name] = pipe(
            **told(given, "target"), image=given["clean"][None], mask_image=mask,
            masked_image_latents=torch.zeros(1, 3, 8 * SIDE, 8 * SIDE), height=8 * SIDE, width=8 * SIDE,
            strength=options[name]["strength"], num_inference_steps=5, guidance_scale=3.5, output_type="latent",
        ).images[0]

    # Edit Transfer's change: given latents are clean from the start, and put back after each step
    small = torch.zeros(4, SIDE, SIDE)
    small[:, SIDE // 2 :, SIDE // 2 :] = 1
    m, clean, noise = (packed(x) for x in (small, given["clean"], given["noise"]))
    x = noise * m + clean * (1 - m)
    model, sigmas = transformer(), levels(5)
    for sigma, after in zip(sigmas[:-1], sigmas[1:]):
        v = velocity(model, x[None], sigma, given, ["target"], [3.5])[0]
        x = (1 - m) * clean + m * (x + (after - sigma) * v)
    made["known_clean"] = x
    write("flux_inpaint", given, made, options, "huggingface/diffusers@v0.42.1 FluxInpaintPipeline; known_clean: restated")


def levels(steps):
    """σ of diffusers' scheduler."""
    import numpy as np

    tokens = SIDE * SIDE // 4
    slope = (SHIFT["max_shift"] - SHIFT["base_shift"]) / (SHIFT["max_image_seq_len"] - SHIFT["base_image_seq_len"])
    mu = SHIFT["base_shift"] + slope * (tokens - SHIFT["base_image_seq_len"])
    planned = scheduler()
    planned.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), mu=mu)
    return planned.sigmas


def positions():
    rows = SIDE // 2
    ids = torch.zeros(rows, rows, 3)
    ids[..., 1], ids[..., 2] = torch.arange(rows)[:, None], torch.arange(rows)[None]
    return ids.reshape(-1, 3)


def velocity(model, x, sigma, given, names, guidance):
    captions = told(given, *names)
    states = captions["prompt_embeds"]
    return model(
        hidden_states=x, encoder_hidden_states=states, pooled_projections=captions["pooled_prompt_embeds"],
        timestep=torch.full((len(x),), float(sigma)), guidance=torch.tensor(guidance), img_ids=positions(),
        txt_ids=torch.zeros(states.shape[1], 3), return_dict=False,
    )[0]


class FirstsQueriesAndKeys:
    """FluxAttnProcessor in which the first picture's queries and keys stand in the place of the second's."""

    def __init__(self, rows, text_tokens):
        self.from_row = text_tokens if rows == "image" else 0

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, image_rotary_emb=None):
        from diffusers.models.embeddings import apply_rotary_emb

        heads = lambda linear, x: linear(x).unflatten(-1, (attn.heads, -1))  # B L H D
        q, k, v = (heads(linear, hidden_states) for linear in (attn.to_q, attn.to_k, attn.to_v))
        q, k = attn.norm_q(q), attn.norm_k(k)
        if encoder_hidden_states is not None:
            linears = (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)
            tq, tk, tv = (heads(linear, encoder_hidden_states) for linear in linears)
            tq, tk = attn.norm_added_q(tq), attn.norm_added_k(tk)
            q, k, v = (torch.cat(pair, 1) for pair in ((tq, q), (tk, k), (tv, v)))
        q, k = (apply_rotary_emb(x, image_rotary_emb, sequence_dim=1) for x in (q, k))
        for x in (q, k):
            x[1:, self.from_row :] = x[:1, self.from_row :]
        q, k, v = (x.transpose(1, 2) for x in (q, k, v))  # B H L D
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)  # B L C
        if encoder_hidden_states is None:
            return out
        text, image = out.split([encoder_hidden_states.shape[1], hidden_states.shape[1]], 1)
        return attn.to_out[0](image), attn.to_add_out(text)


def prompt_to_prompt():
    given = inputs(3)
    common = dict(steps=5, guidance=3.5)
    options = {
        "image": dict(**common, tau=0.4, rows="image"),
        "all": dict(**common, tau=0.5, rows="all"),
        "some_blocks": dict(**common, tau=1.0, rows="image", blocks=[0, 3]),
        "none": dict(**common, tau=0.0, rows="image"),
    }
    made = {}
    for name, option in options.items():
        model, steps = transformer(), option["steps"]
        own = dict(model.attn_processors)
        blocks = [*(f"transformer_blocks.{i}" for i in range(2)), *(f"single_transformer_blocks.{i}" for i in range(2))]
        shared = {f"{blocks[i]}.attn.processor" for i in option.get("blocks", range(4))}
        sharing = {k: FirstsQueriesAndKeys(option["rows"], 6) if k in shared else v for k, v in own.items()}
        sigmas = levels(steps)
        x = packed(given["clean"])
        inverted = {}
        for i in range(steps - 1, -1, -1):
            x = x + (sigmas[i] - sigmas[i + 1]) * velocity(model, x[None], sigmas[i], given, ["source"], [1.0])[0]
            inverted[i] = x
        for i in range(steps):
            if i < option["tau"] * steps:
                model.set_attn_processor(dict(sharing))
                pair = torch.stack([inverted[i], x])
                v = velocity(model, pair, sigmas[i], given, ["source", "target"], [1.0, option["guidance"]])[1]
                model.set_attn_processor(dict(own))
            else:
                v = velocity(model, x[None], sigmas[i], given, ["target"], [option["guidance"]])[0]
            x = x + (sigmas[i + 1] - sigmas[i]) * v
        made[name] = x
    write("prompt_to_prompt", given, made, options, "restated: no program was released")


def rf_solver_edit(folder):
    sys.path.insert(0, str(Path(folder) / "FLUX_Image_Edit" / "src"))
    from flux.model import Flux, FluxParams
    from flux.sampling import denoise, get_schedule, prepare
    from layouts import to_bfl

    torch.Tensor.cuda = lambda x: x  # where the program takes its values back
    given = inputs(4)
    model = Flux(FluxParams(in_channels=16, vec_in_dim=10, context_in_dim=20, hidden_size=24, mlp_ratio=4, num_heads=2, depth=2,
                            depth_single_blocks=22, axes_dim=[2, 4, 6], theta=10_000, qkv_bias=True, guidance_embed=True)).eval()
    model.load_state_dict(to_bfl(weights(22), 2, 22))

    def ready(name):
        states, pooled = given["states"][name][None], given["pooled"][name][None]
        return prepare(lambda _: states, lambda _: pooled, given["clean"][None], prompt="")

    def run(*, steps, guidance, inject, level, rows):
        text = given["states"]["source"].shape[0]
        info = dict(feature_path="", feature={}, inject_step=inject)
        source, target = ready("source"), ready("target")
        timesteps = get_schedule(steps, source["img"].shape[1])
        z, info = denoise(model, **source, timesteps=timesteps, guidance=1, inverse=True, info=info)
        kept = info["feature"]
        if level == "matched":  # values of an interval's upper end, by a pass more for the first
            top = dict(info, t=timesteps[0], inverse=True, second_order=False, inject=True, feature={})
            rest = {("img" if k == "img" else "y" if k == "vec" else k): v for k, v in source.items()} | {"img": z}
            model(**rest, timesteps=torch.tensor([timesteps[0]]), guidance=torch.tensor([1.0]), info=top)
            moved = {}
            for name, value in kept.items():
                if "_False_" in name:
                    at = timesteps.index(float(name.split("_")[0])) + 1
                    moved[name.replace(str(timesteps[at - 1]), str(timesteps[at]), 1)] = value
            kept = {k: v for k, v in kept.items() if "_True_" in k} | moved | top["feature"]
        if rows == "image":
            kept = {k: OwnText(v, text) for k, v in kept.items()}
        target["img"] = z
        x, _ = denoise(model, **target, timesteps=timesteps, guidance=guidance, inverse=False, info=dict(info, feature=kept))
        return x[0]

    common = dict(steps=4, guidance=2.0)
    options = {
        "released": dict(**common, inject=2, level="released", rows="all"),
        "matched": dict(**common, inject=2, level="matched", rows="all"),
        "image_rows": dict(**common, inject=4, level="released", rows="image"),
        "no_values": dict(**common, inject=0, level="released", rows="all"),
    }
    made = {}
    for name, option in options.items():
        if option["rows"] == "image":
            keep_own_text(model)
        made[name] = run(**option)
    write("rf_solver_edit", given, made, options,
          "wangjiangshan0725/RF-Solver-Edit@3388e29 FLUX_Image_Edit/src/flux; matched, image_rows: its features rearranged")


class OwnText:
    """Values whose text rows are to stay the block's own."""

    def __init__(self, values, text):
        self.values, self.text = values, text

    def cuda(self):
        return self


def keep_own_text(model):
    """Puts a block's own text rows into the values that it takes: between taking them and attending."""
    import flux.modules.layers as layers

    attend = layers.attention
    seen = {}

    def rearrange(x, pattern, **extents):
        made = original(x, pattern, **extents)
        if pattern.startswith("B L (K H D)"):
            seen["v"] = made[2]
        return made

    original = layers.rearrange
    layers.rearrange = rearrange

    def attention(q, k, v, pe):
        if isinstance(v, OwnText):
            v = torch.cat([seen["v"][:, :, : v.text], v.values[:, :, v.text :]], 2)
        return attend(q, k, v, pe=pe)

    layers.attention = attention


def old_diffusers(folder):
    """The diffusers 0.30.0 of stable-flow, beside packages of today."""
    import transformers.utils

    transformers.utils.FLAX_WEIGHTS_NAME = "flax_model.msgpack"
    sys.path.insert(0, str(Path(folder) / "src"))
    import diffusers

    assert diffusers.__version__ == "0.30.0", diffusers.__file__


class Matched:
    """Inverted latents at the level that a step is due, under the index that the program asks for: -i."""

    def __init__(self, inverted, clean):
        self.levels = [*reversed(inverted), clean]

    def __getitem__(self, index):
        return self.levels[1 - index]


def stable_flow(folder):
    old_diffusers(folder)
    from diffusers import FluxPipeline

    tiles = 64  # the program takes 512 text tokens for granted
    given = inputs(5, tokens=8, tiles=tiles)
    common = dict(steps=5, guidance=3.0)
    options = {
        "released": dict(**common, nudge=1.15, reference="released", blocks=[0, 3]),
        "matched": dict(**common, nudge=1.15, reference="matched", blocks=[0, 3]),
        "not_nudged": dict(**common, nudge=1.0, reference="matched", blocks=[1, 2]),
    }
    made = {}
    for name, option in options.items():
        pipe = pipeline(FluxPipeline)
        clean = packed(given["clean"])[None] * option["nudge"]
        size = dict(height=8 * SIDE, width=8 * SIDE, num_inference_steps=option["steps"], output_type="latent")
        inverted = pipe(**told(given, "source"), **size, guidance_scale=1, latents=clean, invert_image=True)
        made[name] = pipe(
            **told(given, "source", "target"), **size, guidance_scale=[1, option["guidance"]],
            latents=inverted[-1].tile(2, 1, 1),
            inverted_latent_list=Matched(inverted, clean) if option["reference"] == "matched" else inverted,
            mm_copy_blocks=[i for i in option["blocks"] if i < 2],
            single_copy_blocks=[i - 2 for i in option["blocks"] if i >= 2],
        ).images[1]
    write("stable_flow", given, made, options, "snap-research/stable-flow@c99ac0e FluxPipeline; matched: another list", tiles)


def flow_edit(folder, stable_flow_folder):
    old_diffusers(stable_flow_folder)
    from diffusers import FluxPipeline

    sys.path.insert(0, folder)
    from FlowEdit_utils import FlowEditFLUX

    given = inputs(6)
    common = dict(steps=6, sourceGuidance=1.5, guidance=5.5)
    options = {
        "released": dict(**common, nMax=5, nMin=0, nAvg=1),
        "averaged": dict(**common, nMax=4, nMin=0, nAvg=2),
        "denoised": dict(**common, nMax=5, nMin=2, nAvg=1),
    }
    made = {}
    for name, option in options.items():
        pipe = pipeline(FluxPipeline)
        encoded = lambda prompt, **_: (*told(given, prompt).values(), torch.zeros(1, given["states"][prompt].shape[0], 3))
        pipe.encode_prompt = encoded
        torch.manual_seed(10)
        latents = FlowEditFLUX(
            pipe, pipe.scheduler, given["clean"][None], "source", "target", "", option["steps"], option["nAvg"],
            option["sourceGuidance"], option["guidance"], option["nMin"], option["nMax"],
        )
        made[name] = packed(latents[0])
    write("flow_edit", given, made, options, "fallenshock/FlowEdit@457f402 FlowEditFLUX, seed 10, diffusers 0.30.0")


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    name, *folders = sys.argv[1:]
    {f.__name__: f for f in (sd_edit, flux_inpaint, prompt_to_prompt, rf_solver_edit, stable_flow, flow_edit)}[name](*folders)
