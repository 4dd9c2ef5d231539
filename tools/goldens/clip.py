"""Writes fixtures/goldens/clip: small CLIP models in folders of transformers,
their features, and scores by the steps of the programs that define them.

References: huggingface/transformers 5.23.0, `CLIPModel` in torch float32 with
eager attention, `CLIPImageProcessorPil`, `CLIPTokenizer`; Pillow 13.0.0.
Steps: `clip_score_text` and `pick_score` of showlab/loveu-tgve-2023@d75589f,
scripts/run_eval.py; `eval_ip2p_transfer.py` of QianWangX/EditCLIP@65fb4fb for
its pairs. Configurations are tiny and random, of the same architecture as CLIP
ViT-L/14 (quick GELU), ViT-H/14 (GELU) and EditCLIP (six channels).

Usage: python tools/goldens/clip.py
"""

import json
import shutil
from pathlib import Path

import numpy as np
import PIL
import torch
import transformers
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "clip"
METADATA = {"source": f"huggingface/transformers {transformers.__version__}, Pillow {PIL.__version__}",
            "generator": "tools/goldens/clip.py"}
SIDE, EDITCLIP_SIDE = 480, 256


def randomise(model: CLIPModel, seed: int) -> CLIPModel:
    """Weights of every size, biases and norms included, so that none can be left out unseen."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name == "logit_scale":
                continue
            noise = torch.randn(p.shape, generator=generator)
            if "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif p.dim() == 1:
                p.copy_(0.1 * noise)
            elif "token_embedding" in name or "position_embedding" in name:
                p.copy_(0.5 * noise)
            else:
                p.copy_(noise / p[0].numel() ** 0.5)
    return model.eval()


class Scores:
    """The steps of the programs, on one model."""

    def __init__(self, model: CLIPModel, image_processor, tokenizer):
        self.model, self.image_processor, self.tokenizer = model, image_processor, tokenizer

    def pixels(self, image: Image.Image, side: int = SIDE) -> torch.Tensor:
        return self.image_processor(images=image.resize((side, side)), return_tensors="pt")["pixel_values"]

    @torch.no_grad()
    def image(self, image: Image.Image) -> torch.Tensor:
        return self.model.get_image_features(self.pixels(image)).pooler_output

    @torch.no_grad()
    def pair(self, a: Image.Image, b: Image.Image) -> torch.Tensor:
        pixels = torch.cat([self.pixels(x, EDITCLIP_SIDE) for x in (a, b)], dim=1)
        return self.model.get_image_features(pixels).pooler_output

    @torch.no_grad()
    def text(self, words: str, **options) -> torch.Tensor:
        return self.model.get_text_features(**self.tokenizer([words], return_tensors="pt", **options)).pooler_output

    @torch.no_grad()
    def clip_t(self, output: Image.Image, words: str) -> float:
        inputs = self.tokenizer([words], return_tensors="pt", padding=True)
        inputs["pixel_values"] = self.pixels(output)
        return self.model(**inputs).logits_per_image.numpy().mean().item()

    def clip_i(self, output: Image.Image, after: Image.Image) -> float:
        return cosine(self.image(output), self.image(after))

    def clip_dir(self, before, after, query, output) -> float:
        unit = lambda x: x / x.norm(dim=-1, keepdim=True)
        b, a, q, o = (unit(self.image(x)) for x in (before, after, query, output))
        return cosine(o - q, a - b)

    @torch.no_grad()
    def pickscore(self, output: Image.Image, words: str) -> float:
        image = self.image(output)
        image = image / torch.norm(image, dim=-1, keepdim=True)
        text = self.text(words, padding=True, truncation=True, max_length=self.model.config.text_config.max_position_embeddings)
        text = text / torch.norm(text, dim=-1, keepdim=True)
        return (self.model.logit_scale.exp() * (text @ image.T)[0]).numpy().mean().item()

    def editclip(self, before, after, query, output) -> float:
        return cosine(self.pair(query, output), self.pair(before, after))


def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return torch.nn.functional.cosine_similarity(a, b)[0].item()


def array(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.asarray(image).copy())


def draw(width: int, height: int, seed: int) -> Image.Image:
    """A gradient with noise, a disc and a bar."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1), 40 * rng.integers(0, 6) + 0 * x], -1)
    image = Image.fromarray((base + rng.integers(-20, 20, base.shape)).clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    left, top = rng.integers(0, max(width // 2, 1)), rng.integers(0, max(height // 2, 1))
    pen.ellipse((left, top, left + width // 3, top + height // 3), fill=tuple(map(int, rng.integers(0, 256, 3))))
    pen.rectangle((0, height * 2 // 3, width // 2, height * 3 // 4), fill=tuple(map(int, rng.integers(0, 256, 3))))
    return image


def tokenizer(length: int) -> CLIPTokenizer:
    """Letters and a few words."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [("h", "at</w>"), ("a", "t</w>"), ("r", "a"), ("i", "n"), ("in", "g</w>")]
    tokens = [*letters, *(f"{x}</w>" for x in letters), *("".join(pair) for pair in words)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    merges = [("a", "t</w>"), ("h", "at</w>"), ("r", "a"), ("i", "n"), ("in", "g</w>")]
    return CLIPTokenizer(vocab={t: i for i, t in enumerate(tokens)}, merges=merges, model_max_length=length)


def config(activation: str, channels: int, length: int) -> CLIPConfig:
    vocabulary = len(tokenizer(length))
    return CLIPConfig(
        text_config=dict(vocab_size=vocabulary, hidden_size=16, intermediate_size=20, num_hidden_layers=2,
                         num_attention_heads=2, max_position_embeddings=length, hidden_act=activation,
                         bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1, pad_token_id=vocabulary - 1),
        vision_config=dict(hidden_size=20, intermediate_size=28, num_hidden_layers=2, num_attention_heads=2,
                           num_channels=channels, image_size=20, patch_size=6, hidden_act=activation),
        projection_dim=12, logit_scale_init_value=4.6052, attn_implementation="eager",
    )


def model_case(name: str, activation: str, channels: int, seed: int, shards: bool = False) -> None:
    length = 19
    model = randomise(CLIPModel(config(activation, channels, length)), seed)
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    processor, words = CLIPImageProcessorPil(size={"shortest_edge": 22}, crop_size=20), tokenizer(length)
    model.save_pretrained(folder, max_shard_size="20kB" if shards else "5GB")
    processor.save_pretrained(folder)
    if channels == 3:
        words.save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)

    scores = Scores(model, processor, words)
    before, after, query, output = (draw(31, 23, 10 * seed + i) for i in range(4))
    text, long = "Raising a hat", "raising " * 9
    stages: dict[str, torch.Tensor] = {}

    def record(stage):
        def hook(_module, _inputs, out):
            stages[stage] = (out[0] if isinstance(out, tuple) else out).detach().clone()
        return hook

    vision = model.vision_model
    vision.embeddings.register_forward_hook(record("stages.embeddings"))
    for i, layer in enumerate(vision.encoder.layers):
        layer.register_forward_hook(record(f"stages.layers.{i}"))
    if channels == 3:
        stages["pixels"] = scores.pixels(output)
        stages["image_features"] = scores.image(output)
        arrays = {**stages, "text_features": scores.text(text), "long_features": scores.text(long, truncation=True)}
        numbers = {
            "clip-t": scores.clip_t(output, text),
            "clip-i": scores.clip_i(output, after),
            "clip-dir": scores.clip_dir(before, after, query, output),
            "pickscore": scores.pickscore(output, text),
            "pickscore long": scores.pickscore(output, long),
        }
        others = [draw(w, h, 7) for w, h in [(33, 61), (61, 33), (20, 20), (7, 5), (23, 24), (22, 90)]]
        for i, other in enumerate(others):
            arrays[f"odd.{i}.picture"] = array(other)
            arrays[f"odd.{i}.pixels"] = processor(images=other, return_tensors="pt")["pixel_values"][0]
    else:
        stages["image_features"] = scores.pair(before, after)
        arrays, numbers = stages, {"editclip": scores.editclip(before, after, query, output)}
    pictures = {"before": before, "after": after, "query": query, "output": output}
    write(name, {**arrays, **{k: array(v) for k, v in pictures.items()}},
          {"seed": str(seed), "words": text, "long": long, "scores": json.dumps(numbers)})


def resize_case() -> None:
    """Pillow's bicubic filter on every kind of size."""
    arrays = {}
    sizes = [(31, 23, 13, 29), (3, 5, 40, 7), (1, 1, 5, 4), (7, 7, 1, 1), (90, 3, 17, 3), (64, 33, 33, 64), (2, 2, 3, 3),
             (16, 16, 16, 31), (41, 40, 40, 41)]
    # Columns first where that takes off more than twice as many rows; the first is just not so.
    sizes += [(20, 24, 16, 16), (20, 25, 16, 16), (21, 31, 40, 5), (30, 40, 15, 5)]
    rng = np.random.default_rng(1)
    for i, (w, h, width, height) in enumerate(sizes):
        # Black beside white overshoots, and is clamped.
        values = rng.integers(0, 256, (h, w, 3)) if i % 2 else 255 * rng.integers(0, 2, (h, w, 3))
        image = Image.fromarray(values.astype(np.uint8))
        arrays[f"{i}.from"] = array(image)
        arrays[f"{i}.to"] = array(image.resize((width, height), Image.BICUBIC))
    write("resize", arrays, {"seed": "1"})


def write(name: str, arrays: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.safetensors"
    save_file({k: v.detach().contiguous().clone() for k, v in arrays.items()}, path, {**METADATA, **metadata})
    path.chmod(0o644)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB", metadata.get("scores", ""))


def main() -> None:
    torch.set_num_threads(1)
    model_case("vit_l", "quick_gelu", 3, 1)
    model_case("vit_h", "gelu", 3, 2, shards=True)
    model_case("editclip", "quick_gelu", 6, 3)
    resize_case()


if __name__ == "__main__":
    main()
