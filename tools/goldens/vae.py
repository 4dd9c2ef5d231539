"""Writes fixtures/goldens/vae/*.safetensors.

Every stage of `AutoencoderKL` of huggingface/diffusers v0.42.1,
src/diffusers/models/autoencoders/autoencoder_kl.py, in float32 on the CPU.

tiny.safetensors holds the weights (bf16) of a random model of 3 levels; the
cases use them with and without the 1x1 convolutions. micro.safetensors is of
the embedded model, models/micro/vae: run this script again whenever that is
trained anew.

Usage: python tools/goldens/vae.py [tiny] [micro]
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file

ROOT = Path(__file__).parents[2]
OUT = ROOT / "fixtures" / "goldens" / "vae"
SOURCE = "huggingface/diffusers@v0.42.1 AutoencoderKL"
TINY = dict(
    block_out_channels=(9, 15, 21),
    down_block_types=("DownEncoderBlock2D",) * 3,
    up_block_types=("UpDecoderBlock2D",) * 3,
    layers_per_block=1,
    latent_channels=5,
    norm_num_groups=3,
    sample_size=24,
    scaling_factor=0.3611,
    shift_factor=0.1159,
)


def write(name, tensors, **metadata):
    OUT.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    metadata |= dict(source=SOURCE, generator="tools/goldens/vae.py")
    save_file(tensors, OUT / f"{name}.safetensors", {k: str(v) for k, v in metadata.items()})


def randomize(model, generator):
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        if "norm" in name:
            p.data = 0.2 * noise + name.endswith("weight")
        elif p.ndim == 1:
            # nothing hides the scale of the input from the first norm
            p.data = 0.1 * noise * (not name.endswith("coder.conv_in.bias"))
        else:
            p.data = noise / p[0].numel() ** 0.5
        p.data = p.data.bfloat16().float()


def stages(named, run):
    outputs = {}
    handles = [
        module.register_forward_hook(lambda _, __, y, name=name: outputs.update({name: y}))
        for name, module in named.items()
        if module is not None
    ]
    with torch.no_grad():
        result = run()
    for handle in handles:
        handle.remove()
    return outputs, result


def blocks(prefix, modules):
    return {f"{prefix}.{i}": module for i, module in enumerate(modules)}


def case(name, model, pixels, latents, **metadata):
    encoder, decoder = model.encoder, model.decoder
    encoded, posterior = stages(
        {
            "conv_in": encoder.conv_in,
            **blocks("down_blocks", encoder.down_blocks),
            "mid_block": encoder.mid_block,
            "conv_out": encoder.conv_out,
            "quant_conv": model.quant_conv,
        },
        lambda: model.encode(pixels).latent_dist,
    )
    decoded, image = stages(
        {
            "post_quant_conv": model.post_quant_conv,
            "conv_in": decoder.conv_in,
            "mid_block": decoder.mid_block,
            **blocks("up_blocks", decoder.up_blocks),
            "conv_out": decoder.conv_out,
        },
        lambda: model.decode(latents).sample,
    )
    channels_last = lambda y: y.permute(0, 2, 3, 1)
    arrays = {"pixels": pixels, "mode": posterior.mode(), "latents": latents, "image": image}
    arrays |= {f"encoder.{k}": y for k, y in encoded.items()}
    arrays |= {f"decoder.{k}": y for k, y in decoded.items()}
    write(name, {k: channels_last(y) for k, y in arrays.items()}, layout="NHWC", **metadata)


def tiny():
    generator = torch.Generator().manual_seed(0)
    full = AutoencoderKL(**TINY, use_quant_conv=True, use_post_quant_conv=True).eval()
    randomize(full, generator)
    plain = AutoencoderKL(**TINY, use_quant_conv=False, use_post_quant_conv=False).eval()
    plain.load_state_dict({k: v for k, v in full.state_dict().items() if "quant_conv" not in k})
    config = json.dumps(dict(_class_name="AutoencoderKL", **TINY))
    write("tiny", {k: v.bfloat16() for k, v in full.state_dict().items()}, config=config, seed=0)

    draw = lambda *shape: torch.randn(shape, generator=generator)
    case("quant", full, draw(1, 3, 8, 12).clamp(-1, 1), draw(1, 5, 2, 3), seed=0)
    small = torch.tensor([1, 0.001]).reshape(2, 1, 1, 1)  # small images show a wrong eps
    case("plain", plain, small * draw(2, 3, 12, 8), small * draw(2, 5, 3, 2), seed=0)


def micro():
    folder = ROOT / "models" / "micro" / "vae"
    model = AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32).eval()
    weights = (folder / "diffusion_pytorch_model.safetensors").read_bytes()
    generator = torch.Generator().manual_seed(1)
    draw = lambda *shape: torch.randn(shape, generator=generator)
    pixels, latents = draw(1, 3, 16, 24).clamp(-1, 1), draw(1, 16, 2, 3)
    case("micro", model, pixels, latents, seed=1, weights=hashlib.sha256(weights).hexdigest())


if __name__ == "__main__":
    for name in sys.argv[1:] or ["tiny", "micro"]:
        {"tiny": tiny, "micro": micro}[name]()
