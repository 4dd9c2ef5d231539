"""The paper's claim in miniature: LoRAs of few and many composites on the base of paper_base.py, on the same unseen cases.

A composite is one edit on two people that the base never saw; loss on the fourth panel only, three given clean, as the paper.
Cases are `.micro/paper_test`: `models/micro/train/render_figures.ts --split test --instances 126 --identities 2 --composed 0 --seed 77`.
One line a cell in log/paper_ladder.jsonl; cells that are there are not trained again.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import config
import model
from attention import ShortAttention
from flow import noise_like
from gain import decode
from latents import encode
from loss import flow_loss
from paper_base import FOLDER, HELD_OUT
from panels import Panels
from run import arguments
from sample import advance, sample_fourth, sigmas
from text import Text

sys.path.append(str(config.FOLDER))
from evaluate import measure, squared_errors  # noqa: E402

CELLS = [(0, 0), (21, 2), (21, 8), (10, 2), (21, 999), (21, 1)]  # types, examples of each; 999 is all there are
BATCH, RATE, WARMUP, EMA = 8, 1.5e-3, 30, 0.98
TRAIN_STEPS = 660
STEPS = 12  # of sampling
CHUNK = 42
SHEET = 8
RESAMPLES = 1000


def composites(panels: Panels, kinds: list[str], examples: int) -> np.ndarray:
    """Edits and two identities [M, 3] that the base never saw: of few examples one pair of people each, else all pairs."""
    held_out = [n for n in panels.named[round(len(panels.named) * (1 - HELD_OUT)) :] if len(panels.cases[n]["types"]) == 1]
    own = {kind: [n for n in held_out if panels.cases[n]["types"][0] == kind][:examples] for kind in kinds}
    people = panels.pixels.shape[1]
    pairs = [(0, 1)] if examples < 999 else [(a, b) for a in range(people) for b in range(people) if a != b]
    return np.array([(n, a, b) for edits in own.values() for n in edits for a, b in pairs])


def train(transformer, tokens, text, panels, rows, seed: int) -> dict[str, float]:
    """A LoRA on the composites `rows`, its moving average left in the transformer."""
    torch.manual_seed(seed)
    parameters = model.add_lora(transformer)
    average = [p.detach().clone() for p in parameters]
    optimiser = torch.optim.AdamW(parameters, RATE, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    random, draw = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    clean = torch.tensor([True, True, True, False]).expand(BATCH, 4)
    losses = []
    while len(losses) < TRAIN_STEPS:
        chosen = rows[draw.integers(len(rows), size=BATCH)]
        x = tokens(chosen)
        words = [config.TEMPLATE.replace("{edit}", panels.cases[n]["edit"]) for n, _, _ in chosen]
        loss = flow_loss(transformer, x, clean, torch.arange(4), text(words), random)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        rate = min(1, (len(losses) + 1) / WARMUP) * min(1, 2 * (1 - len(losses) / TRAIN_STEPS) + 0.02)
        optimiser.param_groups[0]["lr"] = RATE * rate
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        with torch.no_grad():
            torch._foreach_lerp_(average, parameters, 1 - min(EMA, (len(losses) + 1) / (len(losses) + 10)))
        losses.append(loss.item())
    with torch.no_grad():
        for parameter, mean in zip(parameters, average):
            parameter.copy_(mean)
    return dict(steps=len(losses), samples=len(losses) * BATCH, loss=round(float(np.mean(losses[-50:])), 4))


def scores(drawn: np.ndarray, query: np.ndarray, answer: np.ndarray) -> dict[str, float]:
    """Gain with its standard error over cases, keep and win."""
    ours, idle, inside = squared_errors(drawn, query, answer)
    sums = np.stack([(error * inside).sum((1, 2)) for error in (ours, idle)], 1)  # [B, 2]
    resampled = sums[np.random.default_rng(1).integers(len(sums), size=(RESAMPLES, len(sums)))].sum(1)
    error = np.std(1 - resampled[:, 0] / resampled[:, 1])
    found = measure(drawn, query, answer)
    return {key: round(float(found[key]), 3) for key in ("gain", "keep", "win")} | dict(error=round(float(error), 3), n=len(drawn))


@torch.no_grad()
def inpaint(transformer, tokens: torch.Tensor, text, random: torch.Generator, steps: int, mu: float) -> torch.Tensor:
    """As diffusers' FluxInpaintPipeline, the paper's baseline: given panels are noised to each step's level: [B, 16, 64]."""
    x = noise = noise_like(tokens, random)
    levels, none = sigmas(steps, mu), torch.zeros(tokens.shape[:2], dtype=torch.bool)
    for step in levels.unfold(0, 2, 1):
        x = advance(transformer, x, step, none, torch.arange(4), text)
        x[:, :3] = (1 - step[1]) * tokens[:, :3] + step[1] * noise[:, :3]
    return x[:, 3]


FLUX_SHIFT = 1.15  # of FLUX.1-dev at 1024 x 1024
SAMPLERS = dict(
    edit=(sample_fourth, config.SCHEDULER["max_shift"]), flux=(sample_fourth, FLUX_SHIFT), inpaint=(inpaint, FLUX_SHIFT)
)


@torch.no_grad()
def edit(sample, transformer, vae, given: torch.Tensor, texts: list, mu: float) -> np.ndarray:
    """The fourth panels as pictures [N, 64, 64, 3]."""
    drawn = torch.cat([
        sample(transformer, part, text, torch.Generator().manual_seed(5), STEPS, mu)
        for part, text in zip(given.split(CHUNK), texts)
    ])
    return ((decode(vae, drawn).clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()


def main() -> None:
    options = arguments("paper_ladder", 0)
    seed = 1
    panels, test = Panels(options.data), Panels(options.data, "paper_test")
    vae, towers = model.read("vae").eval().requires_grad_(False), Text()
    everything = np.load(options.data / "tokens.npy", mmap_mode="r").reshape(*panels.pixels.shape[:3], config.GRID**2, -1)
    tokens = lambda rows: torch.from_numpy(everything[rows[:, :1], rows[:, 1:]]).float().flatten(1, 2)
    known: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}

    @torch.no_grad()
    def text(captions: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        for caption in {*captions} - {*known}:
            known[caption] = towers([caption])
        return tuple(torch.cat(column) for column in zip(*(known[caption] for caption in captions)))

    order = sorted({case["types"][0] for case in test.cases})
    order = [order[i] for i in np.random.default_rng(seed).permutation(len(order))]
    with torch.no_grad():
        given = torch.cat([encode(vae, part) for part in np.array_split(test.flat, 8)]).view(len(test.cases), 4, config.GRID**2, -1)
    words = [config.TEMPLATE.replace("{edit}", case["edit"]) for case in test.cases]
    words = [words[start : start + CHUNK] for start in range(0, len(words), CHUNK)]
    query, answer = (np.array(test.pixels[:, 1, side]) for side in (0, 1))
    shared = np.array([case["types"][0] in order[:10] for case in test.cases])
    parts = dict(all=np.ones(len(shared), bool), shared=shared, other=~shared)
    log = config.FOLDER / "log" / "paper_ladder.jsonl"
    done = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    for kinds, examples in CELLS:
        if any((line["types"], line["examples"]) == (kinds, examples) for line in done):
            continue
        transformer = model.read("transformer", options.data / FOLDER)
        transformer.set_attn_processor(ShortAttention())
        rows = composites(panels, order[:kinds], examples)
        trained = train(transformer, tokens, text, panels, rows, seed) if kinds else {}
        line = dict(types=kinds, examples=examples, composites=len(rows), **trained)
        samplers = SAMPLERS if kinds == 0 else {name: SAMPLERS[name] for name in ("edit", "flux")}
        for name, (sample, mu) in samplers.items():
            pictures = edit(sample, transformer, vae, given, [text(said) for said in words], mu)
            np.save(options.data / f"paper_{kinds}x{examples}_{name}.npy", pictures)
            found = {key: scores(pictures[part], query[part], answer[part]) for key, part in parts.items()}
            line |= {name: found["all"] | dict(shared=found["shared"], other=found["other"])}
        with log.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(line, flush=True)
    write_sheet(options.data, test)


def write_sheet(data: Path, test: Panels) -> None:
    """The first cases, a row each: example, query, what the base and each LoRA draw, answer."""
    cells = [data / f"paper_{kinds}x{examples}_edit.npy" for kinds, examples in sorted(CELLS)]
    panels = [*test.pixels[:SHEET, 0].swapaxes(0, 1), test.pixels[:SHEET, 1, 0], *(np.load(cell)[:SHEET] for cell in cells), test.pixels[:SHEET, 1, 1]]
    Image.fromarray(np.hstack([np.vstack(column) for column in panels])).save(data / "paper_sheet.png")


if __name__ == "__main__":
    main()
