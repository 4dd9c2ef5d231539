import { headQuads } from "./blocks.ts";
import type { AttentionSpec } from "./tile.ts";

/** What attention on matrix units depends on. */
export interface AttentionMatrixSpec extends AttentionSpec {
  /** Type of both factors of a product; sums are f32. */
  readonly type: "f16" | "f32";
  /** Rows and columns of both factors: 16, or 8 with f32. */
  readonly size: number;
  /** Invocations of a subgroup. */
  readonly lanes: number;
  /**
   * Replaces the matrix unit by loops, to test everything else where there is
   * no such unit.
   */
  readonly emulate?: boolean | undefined;
}

/** Matrices below each other that a workgroup has of its own rows. */
export const BLOCKS = 4;

/**
 * Rows of its own that a workgroup of attention on matrix units has: queries,
 * or the keys of {@linkcode attentionMatrixGradientOfKeysWgsl}.
 *
 * @param spec Rows of its matrices.
 * @returns Four times as many.
 */
export function attentionMatrixRows(
  spec: Pick<AttentionMatrixSpec, "size">,
): number {
  return BLOCKS * spec.size;
}

/** Throws unless matrices divide the head; returns its vectors of four. */
export function matrixQuads({ headDim, size }: AttentionMatrixSpec): number {
  if (headDim % (2 * size) !== 0) {
    throw new RangeError(
      `Cannot write attention as headDim must be a multiple of ${
        2 * size
      }: got ${headDim}`,
    );
  }
  return headQuads(headDim);
}

/** Extents of the arrays in workgroup memory. */
export interface AttentionMatrixLayout {
  /** Neighbours that are moved at once: 16 bytes. */
  readonly width: number;
  /** Rows of the other operands that are staged at a time. */
  readonly others: number;
  /** Vectors from row to row of staged operands. */
  readonly tile: number;
  /** Vectors from row to row of scores. */
  readonly scores: number;
  /** Vectors from row to row of rounded weights. */
  readonly weights: number;
}

/** Extents for head and matrices; rows are padded by 16 bytes. */
export function attentionMatrixLayout(
  { headDim, type, size }: AttentionMatrixSpec,
): AttentionMatrixLayout {
  const width = type === "f16" ? 8 : 4;
  const others = 2 * size;
  return {
    width,
    others,
    tile: headDim / width + 1,
    scores: others / 4 + 1,
    weights: others / width + 1,
  };
}

/**
 * Bytes of workgroup memory that a kernel of attention on matrix units takes,
 * that of the forward pass or one of the gradient.
 *
 * @param spec Head width and matrices.
 * @returns Bytes.
 */
export function attentionMatrixBytes(spec: AttentionMatrixSpec): number {
  const { others, tile, scores, weights } = attentionMatrixLayout(spec);
  const rows = attentionMatrixRows(spec) * (tile + scores + weights);
  return 16 * rows + 8 * others; // and two values of each other row
}
