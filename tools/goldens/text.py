"""Writes fixtures/goldens/text/*.safetensors.

Reference: huggingface/transformers 5.23.0, `CLIPTextModel`
(models/clip/modeling_clip.py) and `T5EncoderModel` (models/t5/modeling_t5.py),
in torch float32 with eager attention. Configurations are tiny and random, of
the same architecture as FLUX.1-dev's text encoders.

Usage: python tools/goldens/text.py
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel
from transformers.models.t5.modeling_t5 import T5Attention

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "text"
SOURCE = f"huggingface/transformers {transformers.__version__}"
torch.set_num_threads(1)


def randomise(model, seed):
    """Weights of every size, biases and norms included, so that none can be left out unseen."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif p.dim() == 1:
                p.copy_(0.1 * noise)
            elif "relative" in name:
                p.copy_(0.7 * noise)
            elif "embed" in name or "shared" in name:
                # Rows of very different size tell a wrong eps of the norms apart.
                p.copy_(noise * 10.0 ** -(torch.arange(len(p)) % 4)[:, None])
            else:
                p.copy_(noise / p.shape[1] ** 0.5)
    return model.eval()


def write(name, tensors, metadata):
    OUT.mkdir(parents=True, exist_ok=True)
    # Stages share storage and ids are integers: copy, as float32 (ids < 2**24 are exact).
    tensors = {k: v.detach().to(torch.float32).contiguous().clone() for k, v in tensors.items()}
    path = OUT / f"{name}.safetensors"
    save_file(tensors, path, {"source": SOURCE, "generator": "tools/goldens/text.py", **metadata})
    path.chmod(0o644)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")


def hook(stages, name):
    def record(_module, _inputs, output):
        stages[name] = output[0] if isinstance(output, tuple) else output
    return record


def clip(name, ids, seed, prefix="", **options):
    config = CLIPTextConfig(
        vocab_size=97, hidden_size=36, intermediate_size=76, num_hidden_layers=2, num_attention_heads=3,
        max_position_embeddings=23, bos_token_id=95, pad_token_id=96, attn_implementation="eager", **options,
    )
    model = randomise(CLIPTextModel(config), seed)
    weights = {prefix + k.removeprefix("text_model."): v for k, v in model.state_dict().items()}
    text = getattr(model, "text_model", model)
    stages = {}
    text.embeddings.register_forward_hook(hook(stages, "embeddings"))
    for i, layer in enumerate(text.encoder.layers):
        layer.register_forward_hook(hook(stages, f"layers.{i}"))
    with torch.no_grad():
        out = model(input_ids=torch.tensor(ids))
    assert len(stages) == 3
    write(name, {
        **{f"weights.{k}": v for k, v in weights.items()},
        "ids": torch.tensor(ids),
        **{f"stages.{k}": v for k, v in stages.items()},
        "hidden": out.last_hidden_state, "pooled": out.pooler_output,
    }, {"seed": str(seed), "config": json.dumps(config.to_dict())})


def t5(name, ids, seed, embedding_key="shared.weight", **options):
    config = T5Config(
        vocab_size=89, d_model=40, d_kv=12, d_ff=52, num_layers=2, num_heads=3,
        feed_forward_proj="gated-gelu", dropout_rate=0.0, attn_implementation="eager", **options,
    )
    model = randomise(T5EncoderModel(config), seed)
    weights = {k: v for k, v in model.state_dict().items() if k != "encoder.embed_tokens.weight"}
    weights[embedding_key] = weights.pop("shared.weight")
    stages = {}
    model.shared.register_forward_hook(hook(stages, "embeddings"))
    for i, block in enumerate(model.encoder.block):
        block.register_forward_hook(hook(stages, f"block.{i}"))
    with torch.no_grad():
        out = model(input_ids=torch.tensor(ids), attention_mask=None)
    if "embeddings" not in stages:
        stages["embeddings"] = model.shared(torch.tensor(ids))
    assert len(stages) == 3
    write(name, {
        **{f"weights.{k}": v for k, v in weights.items()},
        "ids": torch.tensor(ids),
        **{f"stages.{k}": v for k, v in stages.items()},
        "hidden": out.last_hidden_state,
    }, {"seed": str(seed), "config": json.dumps(config.to_dict())})


def buckets():
    """Buckets of T5's relative positions, over and beyond the largest distance."""
    positions = torch.arange(-600, 601)
    cases = [(32, 128), (8, 20), (32, 64), (12, 100), (64, 512)]
    write("t5_buckets", {
        f"{n}_{d}": T5Attention._relative_position_bucket(positions, num_buckets=n, max_distance=d)
        for n, d in cases
    }, {"seed": "0", "positions": "-600..600"})


def main():
    g = torch.Generator().manual_seed(7)
    draw = lambda n, high: torch.randint(3, high, (n,), generator=g).tolist()
    # Two rows: an end of text in the middle with padding behind it, and one at the very end.
    middle = [95, *draw(9, 94), 96, *[96] * 12]
    full = [95, *draw(21, 94), 96]
    clip("clip_quick_gelu", [middle, full], 1, hidden_act="quick_gelu", eos_token_id=96)
    # End of text followed by other padding; the old convention takes the largest id.
    other = [95, *draw(6, 94), 96, *[0] * 9]
    clip("clip_eos_2_prefixed", [other], 2, prefix="text_model.", hidden_act="quick_gelu", eos_token_id=2)
    # New convention where the largest id is not the end of text.
    early = [90, 17, 94, 80, 96, 95, 80, 3]
    clip("clip_gelu", [early], 3, hidden_act="gelu", eos_token_id=80, layer_norm_eps=1e-6)

    t5("t5_long", [draw(140, 88) + [1] + [0] * 9], 4)
    t5("t5_batch", [draw(6, 88) + [1, 0, 0], [1] + [0] * 8], 5, embedding_key="encoder.embed_tokens.weight",
       relative_attention_num_buckets=8, relative_attention_max_distance=20, layer_norm_epsilon=1e-5)
    buckets()


main()
