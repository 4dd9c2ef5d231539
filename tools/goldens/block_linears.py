"""Names of the linear layers of all blocks of `FluxTransformer2DModel`."""

TARGETS = (
    r".*transformer_blocks\.\d+\.(norm1|norm1_context|norm)\.linear"
    r"|.*transformer_blocks\.\d+\.(proj_mlp|proj_out)"
    r"|.*transformer_blocks\.\d+\.attn\.(to_q|to_k|to_v|to_out\.0|add_q_proj|add_k_proj|add_v_proj|to_add_out)"
    r"|.*transformer_blocks\.\d+\.(ff|ff_context)\.net\.(0\.proj|2)"
)
