"""Writes CLIP ViT-L/14, ViT-H/14 and EditCLIP at full size with random weights,
in folders as the hub has them, and what transformers makes of pictures and
words: features, and scores by the steps of the cited programs (see clip.py).
7.3 GB; `checks/clip_full.ts` compares.

Usage: python tools/goldens/clip_full.py DIR --bpe FILE [--composites DIR]

FILE is `bpe_simple_vocab_16e6.txt.gz` of openai/CLIP, which the package
open_clip_torch carries. Composites are 2 × 2 pictures NAME.png with a caption
NAME.txt; without them, two are drawn.
"""

import argparse
import copy
import gzip
import json
import re
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from clip import Scores, draw, randomise

PANELS = ("before", "after", "query", "output")
MODELS = {
    "vit_l": dict(hidden_act="quick_gelu", text=(768, 3072, 12, 12), vision=(1024, 4096, 24, 16), channels=3, projection=768),
    "vit_h": dict(hidden_act="gelu", text=(1024, 4096, 24, 16), vision=(1280, 5120, 32, 16), channels=3, projection=1024),
    "editclip": dict(hidden_act="quick_gelu", text=(768, 3072, 12, 12), vision=(1024, 4096, 24, 16), channels=6, projection=768),
}
SOME = 2  # cases of the metrics that take four pictures each
SIZES = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")


def tokenizer(path: str) -> CLIPTokenizer:
    lines = gzip.open(path).read().decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [*printable, *(b for b in range(256) if b not in printable)]
    names = [chr(b) for b in printable] + [chr(256 + i) for i in range(256 - len(printable))]
    assert len(letters) == len(names)
    tokens = [*names, *(f"{x}</w>" for x in names), *("".join(m) for m in merges), "<|startoftext|>", "<|endoftext|>"]
    assert len(tokens) == 49408
    return CLIPTokenizer(vocab={t: i for i, t in enumerate(tokens)}, merges=merges, model_max_length=77)


def cases(folder: str | None, out: Path) -> list[dict]:
    """Panels as files, with the words of the edit."""
    found = []
    for path in sorted(Path(folder).glob("*.png")) if folder else []:
        caption = next(Path(folder).glob(f"*{path.stem.lstrip('0')}.txt"))
        words = re.search(r"\[TOP-RIGHT\]: .*?\[TOP-LEFT\][^,]*, (.*?)\.\s*\[BOTTOM", caption.read_text()).group(1)
        image = Image.open(path).convert("RGB")
        w, h = image.width // 2, image.height // 2
        found.append((path.stem, words, [image.crop((x, y, x + w, y + h)) for y in (0, h) for x in (0, w)]))
    for i in range(0 if found else 2):
        found.append((f"drawn-{i}", f"raising {i} hats", [draw(301, 223, 10 * i + k) for k in range(4)]))
    result = []
    for name, words, panels in found:
        files = {}
        for panel, image in zip(PANELS, panels):
            file = out / "cases" / f"{name}-{panel}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            image.save(file)
            files[panel] = str(file.relative_to(out))
        result.append({"name": name, "words": words, "panels": files})
    return result


def as_in_2021(folder: Path) -> None:
    """The forms of openai/clip-vit-large-patch14: sizes twice, integers, positions as arrays."""
    config = json.loads((folder / "config.json").read_text())
    for part in ("text", "vision"):
        config[f"{part}_config_dict"] = {k: config[f"{part}_config"][k] for k in
                                         (*SIZES, *(("patch_size",) if part == "vision" else ()))}
    (folder / "config.json").write_text(json.dumps(config))
    path = folder / "preprocessor_config.json"
    steps = json.loads(path.read_text())
    path.write_text(json.dumps({**steps, "size": 224, "crop_size": 224}))
    tensors = load_file(folder / "model.safetensors")
    tensors["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    tensors["vision_model.embeddings.position_ids"] = torch.arange(257)[None]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--bpe", required=True)
    arguments.add_argument("--composites")
    arguments.add_argument("--only", default=",".join(MODELS))
    options = arguments.parse_args()
    words, out = tokenizer(options.bpe), options.out
    known = cases(options.composites, out)
    (out / "cases.json").write_text(json.dumps(known))
    for seed, name in enumerate(MODELS):
        if name not in options.only.split(","):
            continue
        sizes = MODELS[name]
        text, vision = (dict(zip(SIZES, sizes[part]), hidden_act=sizes["hidden_act"]) for part in ("text", "vision"))
        config = CLIPConfig(text_config=text, vision_config={**vision, "patch_size": 14, "num_channels": sizes["channels"]},
                            projection_dim=sizes["projection"], logit_scale_init_value=4.6052)
        model = randomise(CLIPModel(config), seed)
        processor = CLIPImageProcessorPil()
        folder = out / name
        model.save_pretrained(folder, max_shard_size="2GB" if name == "vit_h" else "50GB")
        processor.save_pretrained(folder)
        words.save_pretrained(folder)
        if name == "vit_l":
            as_in_2021(folder)
        scores = Scores(model, processor, words)
        once(model.vision_model)
        features, numbers = {}, {}
        for i, case in enumerate(known):
            before, after, query, output = (Image.open(out / case["panels"][panel]) for panel in PANELS)
            values = numbers[case["name"]] = {}
            if name == "editclip":
                if i < SOME:
                    values["editclip"] = scores.editclip(before, after, query, output)
                    features[f"{case['name']} pair"] = scores.pair(before, after)[0]
                continue
            features[f"{case['name']} picture"] = scores.image(output)[0]
            features[f"{case['name']} text"] = scores.text(case["words"])[0]
            if name == "vit_h":
                values["pickscore"] = scores.pickscore(output, case["words"])
                continue
            values["clip-t"] = scores.clip_t(output, case["words"])
            values["clip-i"] = scores.clip_i(output, after)
            if i < SOME:
                values["clip-dir"] = scores.clip_dir(before, after, query, output)
        save_file({k: v.contiguous() for k, v in features.items()}, out / f"{name}.safetensors",
                  {"scores": json.dumps(numbers)})
        print(name, numbers, flush=True)
        del model, scores


def once(vision: torch.nn.Module) -> None:
    """Encodes no picture twice, as each takes seconds."""
    known, encode = {}, vision.forward

    def forward(pixel_values, **options):
        key = pixel_values.numpy().tobytes()
        if key not in known:
            known[key] = encode(pixel_values, **options)
        return copy.copy(known[key])

    vision.forward = forward


main()
