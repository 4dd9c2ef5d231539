"""Kept conditions in `FluxTransformer2DModel` of huggingface/diffusers v0.42.1, without a cache: all tokens in one
pass, with a mask of blocks in an attention processor of its own, and two modulations.

Tokens are text, then image in turns: each turn sees itself and those before it. All but the last are told the noise
level `sigma` and guidance 1, the last what the call says.
"""

import torch
from diffusers.models.embeddings import apply_rotary_emb


# The last bit of float32's exp depends on the machine, and the embedding of a guidance multiplies it by 3500.
EXP = torch.exp
torch.exp = lambda x: EXP(x.double()).to(x.dtype)


class PerToken:
    """Modulation of each token, [B, L, C], where a block expects one of the sample, [B, C]."""

    def __init__(self, x):
        self.x = x

    def unsqueeze(self, _):
        return self.x

    def __getitem__(self, _):
        return self.x


class MaskedAttention:
    """`FluxAttnProcessor` written out, with a mask [L, L] of what each row sees."""

    def __init__(self, seen):
        self.seen = seen

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, image_rotary_emb=None):
        heads = lambda x: x.unflatten(-1, (attn.heads, -1))
        x, text = hidden_states, encoder_hidden_states
        q, k, v = attn.norm_q(heads(attn.to_q(x))), attn.norm_k(heads(attn.to_k(x))), heads(attn.to_v(x))
        if text is not None:
            q = torch.cat([attn.norm_added_q(heads(attn.add_q_proj(text))), q], 1)
            k = torch.cat([attn.norm_added_k(heads(attn.add_k_proj(text))), k], 1)
            v = torch.cat([heads(attn.add_v_proj(text)), v], 1)
        q, k = (apply_rotary_emb(y, image_rotary_emb, sequence_dim=1) for y in (q, k))
        scores = torch.einsum("blhd,bmhd->bhlm", q, k) / q.shape[-1] ** 0.5
        weights = scores.masked_fill(~self.seen, -torch.inf).softmax(-1)
        y = torch.einsum("bhlm,bmhd->blhd", weights, v).flatten(2)
        if text is None:
            return y
        T = text.shape[1]
        return attn.to_out[0](y[:, T:]), attn.to_add_out(y[:, :T])


def keep(model, *, text, turns, sigma):
    """Makes a model's forward pass that of kept conditions; `turns` are numbers of image tokens."""
    part = torch.cat([torch.full((n,), i) for i, n in enumerate([text, *turns])])
    model.set_attn_processor(MaskedAttention(part[:, None] >= part))
    embed = model.time_text_embed.forward
    answer = turns[-1]

    def both(timestep, guidance, pooled):
        given = embed(torch.full_like(timestep, 1000 * sigma), torch.full_like(guidance, 1000), pooled)
        return given, embed(timestep, guidance, pooled)

    def per_turn(norm, tail):
        """A norm whose last `tail` rows are told of the answer, the others of what is given."""
        forward = norm.forward

        def run(x, emb):
            n = x.shape[1]
            rows = [(x[:, : n - tail], emb[0]), (x[:, n - tail :], emb[1])]
            made = [forward(x, emb=emb) for x, emb in rows if x.shape[1]]
            sizes = [x.shape[1] for x, _ in rows if x.shape[1]]
            wide = lambda i: torch.cat([m[i][:, None].expand(-1, n, -1) for m, n in zip(made, sizes)], 1)
            return torch.cat([m[0] for m in made], 1), *(PerToken(wide(i)) for i in range(1, len(made[0])))

        norm.forward = run

    model.time_text_embed.forward = both
    for block in model.transformer_blocks:
        per_turn(block.norm1, answer)
        per_turn(block.norm1_context, 0)
    for block in model.single_transformer_blocks:
        per_turn(block.norm, answer)
    out = model.norm_out.forward
    model.norm_out.forward = lambda x, emb: out(x, emb[1])
