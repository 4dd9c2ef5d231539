import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";

/** How attention is computed. */
export type AttentionVariant = "scores" | "tile";

/** Widest head that the kernels hold in registers. */
const MAX_HEAD = 128;
/** Bytes that a binding may have more than what is bound. */
const MARGIN = 512;

/**
 * The variant for some operands: through scores on software adapters, where
 * barriers are dear, and where a head does not fit into registers or an
 * operand into a binding; else by tiles.
 */
export function chooseAttention(
  { software, subgroupSize, maxBindingBytes }: GpuContext,
  { q, k, bias }: { q: Tensor; k: Tensor; bias: Tensor | undefined },
): AttentionVariant {
  const D = q.shape[3]!;
  const bytes = Math.max(
    headBytes(q) + MARGIN,
    headBytes(k) + MARGIN,
    bias?.sizeBytes ?? 0,
  );
  const fits = D % 4 === 0 && D <= MAX_HEAD && bytes <= maxBindingBytes;
  return fits && !(software && subgroupSize > 0) ? "tile" : "scores";
}

/** Heads of a dispatch, given the operations that each takes. */
export function mostHeads(
  { maxWork, maxBindingBytes }: GpuContext,
  { q, k, work }: { q: Tensor; k: Tensor; work: number },
): number {
  const bytes = Math.max(headBytes(q), headBytes(k));
  return Math.max(
    1,
    Math.min(
      65_535,
      Math.floor(maxWork / work),
      Math.floor((maxBindingBytes - MARGIN) / bytes),
    ),
  );
}

/** Bytes of a head of a tensor `[B, H, L, D]`. */
function headBytes({ shape }: Tensor): number {
  return 4 * shape[2]! * shape[3]!;
}
