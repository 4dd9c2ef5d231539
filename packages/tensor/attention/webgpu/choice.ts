import type { DeviceArray } from "../../device_array.ts";
import { DeviceError } from "../../errors.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import type { AttentionShape } from "../../webgpu/tuned_shape.ts";
import { MAX_HEAD } from "../wgsl/blocks.ts";
import {
  attentionMatrixBytes,
  type AttentionMatrixSpec,
} from "../wgsl/matrix_layout.ts";

/** Matrices of attention on matrix units. */
export type AttentionMatrices = Omit<AttentionMatrixSpec, "headDim">;

/** How attention is computed. */
export type AttentionVariant =
  | { readonly name: "scores" }
  | { readonly name: "tile" }
  | { readonly name: "matrix"; readonly matrices: AttentionMatrices };

type Chooser = Pick<
  GpuContext,
  | "software"
  | "subgroupSize"
  | "maxBindingBytes"
  | "matrixUnits"
  | "matrixLanes"
  | "workgroupBytes"
  | "precision"
  | "forcedAttention"
  | "tuned"
>;

interface Operands {
  readonly q: Pick<DeviceArray, "shape">;
  readonly k: Pick<DeviceArray, "shape">;
  readonly bias: Pick<DeviceArray, "sizeBytes"> | undefined;
}

/** Bytes that a binding may have more than what is bound. */
const MARGIN = 512;

/**
 * Shapes that share a tuned variant, e.g. `"attention 32x8192x8192x128"`:
 * heads and lengths are rounded up to powers of two.
 */
export function attentionBucket(
  { pass, heads, Lq, Lk, D }: AttentionShape,
): string {
  const extents = [heads, Lq, Lk].map((n) => 2 ** Math.ceil(Math.log2(n)));
  const name = pass === "forward" ? "attention" : "attention gradient";
  return `${name} ${extents.join("x")}x${D}`;
}

/**
 * The variant for some operands: the one that is forced, else the one measured
 * fastest, else what the device suggests. What `keeps` its log-sum-exp runs on
 * the variant of its gradient, never by scores: were v rounded in one pass and
 * not in the other, differences that cancel would be off by all of the rounding.
 *
 * @throws {DeviceError} If a variant is forced that there is not.
 */
export function chooseAttention(
  device: Chooser,
  { keeps = false, ...operands }: Operands & {
    readonly keeps?: boolean | undefined;
  },
): AttentionVariant {
  const pass = keeps ? "backward" : "forward";
  return choose(device, operands, { pass, keeps });
}

/** The same for the gradient, by scores unless the forward pass has `kept`. */
export function chooseAttentionGradient(
  device: Chooser,
  { q, k, kept = false }: Omit<Operands, "bias"> & {
    readonly kept?: boolean | undefined;
  },
): AttentionVariant {
  const operands = { q, k, bias: undefined };
  return choose(device, operands, { pass: "backward", keeps: kept });
}

function choose(
  device: Chooser,
  operands: Operands,
  { pass, keeps }: Pick<AttentionShape, "pass"> & { readonly keeps: boolean },
): AttentionVariant {
  const all = attentionVariants(device, operands);
  const variants = keeps ? all.filter(({ name }) => name !== "scores") : all;
  const forced = device.forcedAttention;
  if (forced !== undefined && !["scores", "tile", "matrix"].includes(forced)) {
    throw new DeviceError(
      `Cannot run attention on "${forced}" as there are scores, tile and matrix`,
    );
  }
  const named = (name: string | undefined) =>
    variants.find((variant) => variant.name === name);
  return named(forced) ?? named(tuned(device, operands, pass)) ??
    suggestedAttention(device, variants);
}

/** Name of the variant that was measured fastest; attention with a bias never is. */
function tuned(
  device: Chooser,
  { q, k, bias }: Operands,
  pass: AttentionShape["pass"],
): string | undefined {
  if (bias !== undefined || device.tuned === undefined) return undefined;
  const [B, H, Lq, D] = q.shape as readonly [number, number, number, number];
  const shape = { pass, heads: B * H, Lq, Lk: k.shape[2]!, D };
  return device.tuned(attentionBucket(shape), shape);
}

/** Through scores on software adapters, where barriers are dear. */
export function suggestedAttention(
  { software, subgroupSize }: Chooser,
  variants: readonly AttentionVariant[],
): AttentionVariant {
  return software && subgroupSize > 0 ? variants.at(-1)! : variants[0]!;
}

/**
 * The variants that can compute it, from the fastest of GPUs on: on matrix
 * units, by tiles of registers, and through scores, which remain where a head
 * does not fit into registers or into a binding.
 */
export function attentionVariants(
  device: Chooser,
  { q, k, bias }: Operands,
): AttentionVariant[] {
  const D = q.shape[3]!;
  const scores = { name: "scores" } as const;
  const bytes = Math.max(headBytes(q), headBytes(k)) + MARGIN;
  if (
    D % 4 !== 0 || D > MAX_HEAD ||
    Math.max(bytes, bias?.sizeBytes ?? 0) > device.maxBindingBytes
  ) return [scores];
  const tile = { name: "tile" } as const;
  const matrices = bias === undefined ? matricesFor(device, D) : undefined;
  return matrices === undefined
    ? [tile, scores]
    : [{ name: "matrix", matrices }, tile, scores];
}

/** Matrices that multiply heads of a width, f16 if that is exact enough. */
function matricesFor(
  { matrixUnits, matrixLanes: lanes, workgroupBytes, precision }: Chooser,
  headDim: number,
): AttentionMatrices | undefined {
  for (const { type, M: size, N, K } of matrixUnits) {
    const matrices = { type, size, lanes };
    const share = 2 * size * size / lanes; // scores of an invocation
    if (
      size === N && size === K && headDim % (2 * size) === 0 &&
      lanes >= size && share >= (type === "f16" ? 8 : 4) &&
      (type === "f32" || precision === "f16") &&
      attentionMatrixBytes({ headDim, ...matrices }) <= workgroupBytes
    ) return matrices;
  }
  return undefined;
}

/** Heads of a dispatch, given the operations that each takes. */
export function mostHeads(
  { maxWork, maxBindingBytes }: GpuContext,
  { q, k, work }: { q: DeviceArray; k: DeviceArray; work: number },
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
function headBytes({ shape }: Pick<DeviceArray, "shape">): number {
  return 4 * shape[2]! * shape[3]!;
}
