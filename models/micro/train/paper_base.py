"""A base that was trained as FLUX was, for the paper's claim in miniature; it ships with nothing.

Text to image from scratch: figures, pairs and the grids of base.py, from captions that are always there, all panels noisy
at one level and all with loss. Autoencoder and text towers are ready made and frozen, as FLUX's were: those that ship.
"""

import numpy as np
import torch

import model
from attention import ShortAttention
from base import Pictures
from latents import Tokens
from loss import flow_loss
from panels import GRID_CAPTION, Panels
from run import Run, arguments
from text import Text

HEADS = 2  # two thirds of the width that ships: twice the samples a minute, for a run of minutes
BATCH = {1: 48, 2: 32, 4: 32}
SHARE = {1: 0.15, 2: 0.15, 4: 0.7}
LEVELS = (1.15, 1.0)  # logit-normal with the shift of FLUX.1-dev at 1024 x 1024
HELD_OUT = 0.12  # of the edits, the last ones, are for the LoRAs alone
FOLDER = "paper"  # in the folder of --data


class NamedPictures(Pictures):
    """The grids of base.py, all of edits with words, which are said."""

    def any(self, edited: float = 0.6) -> tuple[int, int, int]:
        draw, known = self.draw, round(len(self.panels.named) * (1 - HELD_OUT))
        return int(draw.choice(self.panels.named[:known])), int(draw.integers(self.identities)), int(draw.random() < edited)

    def caption(self, chosen: list[tuple[int, int, int]]) -> str:
        if len(chosen) == 1:
            return self.panels.caption(*chosen[0])
        words = [self.panels.words(n, s) for n, _, s in chosen]
        return GRID_CAPTION.format(*words) if len(words) == 4 else "two panels: {}, {}".format(*words)


def orthogonal(grad: torch.Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> torch.Tensor:
    """Muon's Newton-Schulz iteration in f32: in torch's bf16 it takes as long as the gradients on a CPU without bf16."""
    a, b, c = coefficients
    x = grad.T if grad.size(0) > grad.size(1) else grad
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if grad.size(0) > grad.size(1) else x


def optimisers(transformer, rate: float = 2e-3) -> list[torch.optim.Optimizer]:
    torch.optim._muon._zeropower_via_newtonschulz = orthogonal
    matrices = [p for name, p in transformer.named_parameters() if p.ndim == 2 and "blocks" in name]
    chosen = {id(p) for p in matrices}
    others = [p for p in transformer.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(matrices, rate, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
    ]


def main() -> None:
    options = arguments("paper_base", 45)
    torch.manual_seed(3)
    panels, tokens, text = Panels(options.data), Tokens(options.data), Text()
    transformer = model.make("transformer", heads=HEADS)
    transformer.set_attn_processor(ShortAttention())
    run = Run("paper_base", [transformer], optimisers(transformer), options, warmup=50, hold=0.5)
    while run.progress < 1:
        draw = np.random.default_rng([9, run.step])
        count = int(draw.choice(list(SHARE), p=list(SHARE.values())))
        pictures = NamedPictures(panels, draw)
        chosen, quadrants = zip(*(pictures.sample(count) for _ in range(BATCH[count] * options.scale)))
        index = np.array(chosen)  # B P 3
        x = tokens[index[..., 0], index[..., 1], index[..., 2]]  # B P 16 64
        with torch.no_grad():
            states = text([pictures.caption(panels) for panels in chosen])
        noisy = torch.zeros(x.shape[:2], dtype=torch.bool)
        loss = flow_loss(transformer, x, noisy, torch.tensor(quadrants[0]), states, run.random, levels=LEVELS)
        run.optimise(loss, len(x), f"loss_{count}")
    run.finish(lambda: model.write("transformer", transformer, options.data / FOLDER))


if __name__ == "__main__":
    main()
