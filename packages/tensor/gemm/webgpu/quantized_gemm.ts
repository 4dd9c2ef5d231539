import type { DeviceArray } from "../../device_array.ts";
import type { QuantizedDType } from "../../dtype.ts";
import { dequantizeTo } from "../../ops/dequantize/webgpu.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import type { GpuStorage } from "../../webgpu/pool.ts";
import { shifted, type View } from "../../webgpu/view.ts";
import { chooseVariant } from "./choice.ts";
import { gemm, gemmShape } from "./gemm.ts";
import type { Gemm } from "./task.ts";

/** Bytes of widened rows that are there at a time. */
const SCRATCH_BYTES = 64 * 2 ** 20;

/**
 * Tiles down `out` up to which a software adapter widens blocks inside the
 * product, which it does once for each; measured on llvmpipe. The types that
 * need several reads for a scale cost more than a pass of their own from the
 * second tile on; the two-bit and three-bit
 * types, and those with a table, were not measured and are taken for such.
 */
const MOST_TILES: Readonly<Record<QuantizedDType, number>> = {
  q8_0: 16,
  q4_0: 16,
  q4_1: 4,
  q5_0: 4,
  f8_e4m3_scaled: 4,
  q5_1: 1,
  q2_k: 1,
  q3_k: 1,
  q4_k: 1,
  q5_k: 1,
  q6_k: 1,
  iq4_nl: 1,
  iq4_xs: 1,
  mxfp4: 1,
  nf4: 1,
};

/**
 * A product whose right operand is in quantised blocks. Its kernel widens them
 * where it reads them; a software adapter widens them before if there are many
 * rows, see `MOST_TILES`.
 */
export function quantizedGemm(
  context: GpuContext,
  product: Omit<Gemm, "b">,
  b: DeviceArray,
): void {
  const dtype = b.dtype as QuantizedDType;
  const inside: Gemm = {
    ...product,
    b: { storage: b.storage as GpuStorage, dtype, first: 0 },
  };
  const { variant } = chooseVariant(context, gemmShape(inside));
  const tiles = Math.ceil(product.M / variant.rows);
  if (context.software && tiles > MOST_TILES[dtype]) {
    gemmOfWidened(context, product, b);
  } else gemm(context, inside);
}

/**
 * The same in steps: some rows of `b` are widened and multiplied, then the
 * next, so that little more memory is needed than for the blocks. If `b` is
 * stored `[K, N]`, the products of the parts add up.
 */
export function gemmOfWidened(
  context: GpuContext,
  product: Omit<Gemm, "b">,
  b: DeviceArray,
): void {
  const { N, K, transposeB, out, a, bias } = product;
  const [rows, width] = transposeB ? [N, K] : [K, N];
  const most = rowsAtOnce(context, width, rows);
  const storage = context.allocate("f32", most * width);
  const wide: View = { storage, dtype: "f32", first: 0 };
  for (let start = 0; start < rows; start += most) {
    const count = Math.min(most, rows - start);
    dequantizeTo(context, wide, b, {
      start: start * width,
      length: count * width,
    });
    const part = transposeB
      ? {
        N: count,
        out: shifted(out, start),
        bias: bias && shifted(bias, start),
        residual: product.residual && shifted(product.residual, start),
        gate: product.gate &&
          { ...product.gate, view: shifted(product.gate.view, start) },
      }
      : {
        K: count,
        a: shifted(a, start),
        bias: start === 0 ? bias : undefined,
        accumulate: start > 0 || product.accumulate,
        ...(start + most < rows
          ? { activation: undefined, residual: undefined, gate: undefined }
          : {}),
      };
    gemm(context, { ...product, ...part, b: wide });
  }
  context.release(storage);
}

/** Rows that fit the scratch memory and one binding, aligned if they are many. */
function rowsAtOnce(
  { maxBindingBytes }: GpuContext,
  width: number,
  rows: number,
): number {
  const bytes = Math.min(SCRATCH_BYTES, maxBindingBytes - 512);
  const most = Math.max(1, Math.floor(bytes / (4 * width)));
  return Math.min(most > 64 ? most - most % 64 : most, rows);
}
