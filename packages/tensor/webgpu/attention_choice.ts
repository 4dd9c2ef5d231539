import { attentionMatrixBytes, MAX_HEAD } from "@edit-transfer/kernels";
import { DeviceError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import type { AttentionMatrices } from "./attention.ts";
import type { GpuContext } from "./context.ts";

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
>;

interface Operands {
  readonly q: Pick<Tensor, "shape">;
  readonly k: Pick<Tensor, "shape">;
  readonly bias: Pick<Tensor, "sizeBytes"> | undefined;
}

/** Bytes that a binding may have more than what is bound. */
const MARGIN = 512;

/**
 * The variant for some operands: the one that is forced, else through scores
 * on software adapters, where barriers are dear; else on matrix units, or by
 * tiles of registers. Scores remain where a head does not fit into registers
 * or into a binding.
 *
 * @throws {DeviceError} If a variant is forced that there is not.
 */
export function chooseAttention(
  device: Chooser,
  operands: Operands,
): AttentionVariant {
  const variants = fitting(device, operands);
  const forced = device.forcedAttention;
  if (forced !== undefined) {
    if (!["scores", "tile", "matrix"].includes(forced)) {
      throw new DeviceError(
        `Cannot run attention on "${forced}" as there are scores, tile and matrix`,
      );
    }
    const variant = variants.find(({ name }) => name === forced);
    if (variant !== undefined) return variant;
  }
  const { software, subgroupSize } = device;
  return software && subgroupSize > 0 ? variants.at(-1)! : variants[0]!;
}

/** The variants that can compute it, from the fastest of GPUs on. */
function fitting(
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
function headBytes({ shape }: Pick<Tensor, "shape">): number {
  return 4 * shape[2]! * shape[3]!;
}
