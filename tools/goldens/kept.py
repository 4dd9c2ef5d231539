"""Writes fixtures/goldens/dit/kept_{1,3}.safetensors and fixtures/goldens/transfer/train_kept.safetensors: kept conditions.

Reference: huggingface/diffusers 0.42.1 (FluxTransformer2DModel), peft 0.21.2, pytorch 2.13.0; all in float32 on the CPU.
Order [text | before | after | query | target]: text sees itself; before and after see text and each other; the query sees
these and itself; the target sees all. All but the target is modulated at a fixed σ and guidance 1. Nothing is kept here: the
model runs on a batch of 2 B, first at the fixed σ, then at the target's, and an attention processor of its own gives the second
half the first one's keys and values of all but the target. Of the first half's rows the target's, of the second half's all
others, are computed and not used.

kept_B, weights of dit/tiny.safetensors: text `txt`, panels `before`, `after`, `query`, `target` and their `ids.*`, `sigma` [B] of the
target; `velocity` of the target at prefix σ 1 and 0 (`velocity.1`, `velocity.0`).
train_kept: `losses.S` and `norms.S` [50] of train.py's steps from the tensors of transfer/train.safetensors, prefix σ S.

Usage: python tools/goldens/kept.py
"""

import torch
from diffusers import FluxTransformer2DModel
from diffusers.models.embeddings import apply_rotary_emb
from safetensors.torch import load_file
from torch.nn import functional as F

import dit
import train

PREFIX_SIGMAS = [1.0, 0.0]
PREFIX_GUIDANCE = 1.0


class MaskedAttention:
    """FluxAttnProcessor with the mask, `parts` [L] numbered by what sees what; the last is the target."""

    def __init__(self, parts):
        self.target = parts == parts.max()
        self.seen = parts[:, None] >= parts  # L L

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, image_rotary_emb=None):
        heads = lambda linear, x: linear(x).unflatten(-1, (attn.heads, -1))  # B L H D
        q, k, v = (heads(linear, hidden_states) for linear in (attn.to_q, attn.to_k, attn.to_v))
        q, k = attn.norm_q(q), attn.norm_k(k)
        if encoder_hidden_states is not None:
            linears = (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)
            tq, tk, tv = (heads(linear, encoder_hidden_states) for linear in linears)
            tq, tk = attn.norm_added_q(tq), attn.norm_added_k(tk)
            q, k, v = (torch.cat(pair, 1) for pair in ((tq, q), (tk, k), (tv, v)))
        q, k = (apply_rotary_emb(x, image_rotary_emb, sequence_dim=1) for x in (q, k))
        k, v = (self.from_prefix(x) for x in (k, v))
        q, k, v = (x.transpose(1, 2) for x in (q, k, v))  # B H L D
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=self.seen).transpose(1, 2).flatten(2)  # B L C
        if encoder_hidden_states is None:
            return out
        text, image = out.split([encoder_hidden_states.shape[1], hidden_states.shape[1]], 1)
        return attn.to_out[0](image), attn.to_add_out(text)

    def from_prefix(self, x):
        """Rows [2 B, L, H, D] of the second half replaced by the first's, but for the target's."""
        prefix, own = x.chunk(2)
        return torch.cat([prefix, torch.where(self.target[:, None, None], own, prefix)])


def velocity(model, txt, panels, ids, pooled, sigma, guidance, prefix_sigma):
    """Velocity of the last of `panels`, [B, I, C], by the rule above."""
    lengths = [panel.shape[1] for panel in panels]
    parts = torch.tensor([0] * txt.shape[1] + [1] * sum(lengths[:2]) + [2] * lengths[2] + [3] * lengths[3])
    model.set_attn_processor(MaskedAttention(parts))
    twice = lambda x: torch.cat([x, x])
    fixed = torch.full_like(sigma, prefix_sigma)
    v = model(
        hidden_states=twice(torch.cat(panels, 1)), encoder_hidden_states=twice(txt), pooled_projections=twice(pooled),
        timestep=torch.cat([fixed, sigma]), img_ids=torch.cat(ids), txt_ids=torch.zeros(txt.shape[1], 3),
        guidance=torch.cat([torch.full_like(sigma, PREFIX_GUIDANCE), torch.full_like(sigma, guidance)]),
    ).sample
    return v[len(sigma) :, -lengths[3] :]


@torch.no_grad()
def tiny(batch, text, sides, sigma, guidance):
    """Panels of `sides` (rows, columns), before and after, query, target; of odd lengths."""
    model = FluxTransformer2DModel(**dit.TINY, guidance_embeds=True).eval()
    model.load_state_dict({k: v.float() for k, v in load_file(dit.OUT / "tiny.safetensors").items()})
    generator = torch.Generator().manual_seed(batch)
    draw = lambda *shape: torch.randn(shape, generator=generator)
    names = ["before", "after", "query", "target"]
    rows, columns = sides
    corners = [(0, 0), (0, columns), (rows, 0), (rows, columns)]
    ids = [dit.ids_of(rows, columns) + torch.tensor([0, *corner]) for corner in corners]
    panels = [dit.small_rows(draw(batch, rows * columns, dit.TINY["in_channels"])) for _ in names]
    txt = dit.small_rows(draw(batch, text, dit.TINY["joint_attention_dim"]))
    pooled = draw(batch, dit.TINY["pooled_projection_dim"])
    sigma = torch.tensor(sigma)
    arrays = dict(txt=txt, pooled=pooled, sigma=sigma) | dict(zip(names, panels))
    arrays |= {f"ids.{name}": one.int() for name, one in zip(names, ids)}
    for prefix in PREFIX_SIGMAS:
        arrays[f"velocity.{prefix:.0f}"] = velocity(model, txt, panels, ids, pooled, sigma, guidance, prefix)
    dit.write(f"kept_{batch}", arrays, seed=batch, guidance=guidance, prefix_guidance=PREFIX_GUIDANCE)


def trained():
    """Fifty steps of train.py under the mask."""
    side = train.H // 2
    panel = torch.arange(side * side).view(2, side // 2, 2, side // 2).transpose(1, 2).reshape(4, -1)  # 4 I
    arrays = {}
    for prefix in PREFIX_SIGMAS:
        def masked(model, x, ids, states, pooled, sigma):
            target = velocity(
                model, states, [x[:, rows] for rows in panel], [ids[rows] for rows in panel], pooled, sigma, 1.0, prefix
            )
            return torch.zeros_like(x).index_copy(1, panel[3], target)  # B 4I C

        run = train.fifty_steps(masked)
        arrays |= {f"{name}.{prefix:.0f}": torch.stack(run[name]) for name in ("losses", "norms")}
    train.write("train_kept", arrays, generator="tools/goldens/kept.py", prefix_guidance=str(PREFIX_GUIDANCE))


if __name__ == "__main__":
    tiny(1, 5, (2, 3), [0.37], 1.0)
    tiny(3, 7, (3, 3), [0.9, 0.5, 0.04], 3.5)
    trained()
