"""Kept conditions: what text and given panels say is computed once, at a fixed σ; each step then computes the fourth panel alone.

Order [text | before | after | query | fourth]; each part sees itself and what stands before it, before and after see each other.
"""

import torch
from torch.nn import functional as F

import config
from flow import autocast, positions

PANEL = config.GRID**2  # tokens


class Kept:
    """Keys and values of text and given panels, after norm and rotation: the first pass writes them, later ones read them."""

    def __init__(self, text: int):
        part = torch.tensor([0] * text + [1] * 2 * PANEL + [2] * PANEL)
        self.seen = part[:, None] >= part  # L L
        self.known: dict[torch.nn.Module, tuple[torch.Tensor, torch.Tensor]] = {}

    def __call__(self, attn, k: torch.Tensor, v: torch.Tensor):
        """Keys and values [B, H, L, D] to attend to, and which of them each row sees; all if None."""
        if attn not in self.known:
            self.known[attn] = k, v
            return k, v, self.seen
        return *(torch.cat(pair, 2) for pair in zip(self.known[attn], (k, v))), None


def keep(transformer, given: torch.Tensor, text: tuple[torch.Tensor, torch.Tensor], sigma: float):
    """A function in the transformer's place that computes the fourth panel's rows only: given [B, 3, 16, 64]."""
    states, pooled = text
    kept = Kept(states.shape[1])
    with autocast(given.device.type):
        transformer(
            hidden_states=given.flatten(1, 2), encoder_hidden_states=states, pooled_projections=pooled,
            timestep=torch.full((len(given),), sigma), guidance=torch.ones(len(given)), img_ids=positions(torch.arange(3)),
            txt_ids=torch.zeros(states.shape[1], 3), return_dict=False, joint_attention_kwargs=dict(kept=kept),
        )

    def fourth(*, hidden_states, encoder_hidden_states, img_ids, txt_ids, **inputs):
        """Velocities of all four panels' tokens [B, 64, 64], zero for those given."""
        v = transformer(
            hidden_states=hidden_states[:, -PANEL:], encoder_hidden_states=encoder_hidden_states[:, :0],
            img_ids=img_ids[-PANEL:], txt_ids=txt_ids[:0], joint_attention_kwargs=dict(kept=kept), **inputs,
        )[0]
        return (F.pad(v, (0, 0, hidden_states.shape[1] - PANEL, 0)),)

    return fourth
