import { DeviceError } from "../../errors.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import type { GemmShape } from "../../webgpu/tuned_shape.ts";
import { type GemmVariant, gemmVariants } from "./variants.ts";

/** A kernel, and in how many slices K is cut. */
export interface GemmChoice {
  readonly variant: GemmVariant;
  readonly slices: number;
}

type Chooser = Pick<
  GpuContext,
  | "software"
  | "subgroupSize"
  | "matrixUnits"
  | "matrixLanes"
  | "workgroupBytes"
  | "precision"
  | "forcedGemm"
  | "tuned"
>;

/** Workgroups that keep a large adapter busy. */
const BUSY = 128;
/**
 * How fast the shuffle tiles are on llvmpipe, by their rows over its lanes:
 * taller ones read `b` more seldom, beyond these code outgrows the cache.
 */
const SHUFFLE_RATES: Readonly<Record<number, number>> = {
  4: 1,
  3: 0.93,
  2: 0.8,
};
/** Fewest values of k in a slice. */
const MIN_SLICE = 256;

/**
 * Shapes that share a tuned variant, e.g. `"gemm 8192x4096x4096 bf16"`:
 * extents are rounded up to powers of two.
 */
export function gemmBucket(
  { batch, M, N, K, bType, channels, transposeB = true }: GemmShape,
): string {
  const size = (n: number) => 2 ** Math.ceil(Math.log2(n));
  return `${channels === undefined ? "gemm" : "conv2d"} ${
    batch === 1 ? "" : `${size(batch)}x`
  }${size(M)}x${size(N)}x${size(K)} ${bType}${transposeB ? "" : " nn"}`;
}

/**
 * The variant for a product: the one that is forced, else the one measured
 * fastest, else what its shape suggests.
 */
export function chooseVariant(device: Chooser, shape: GemmShape): GemmChoice {
  for (
    const name of [device.forcedGemm, device.tuned?.(gemmBucket(shape), shape)]
  ) {
    if (name === undefined) continue;
    const choice = namedVariant(device, name);
    if (fits(device, choice, shape)) return choice;
  }
  return suggested(device, shape);
}

/**
 * The variant of a name; `"tile:64x16/k8"` cuts K into 8 slices.
 *
 * @throws {DeviceError} If the device has none of that name.
 */
export function namedVariant(device: Chooser, name: string): GemmChoice {
  const [, base, slices = "1"] = /^(.*?)(?:\/k(\d+))?$/.exec(name)!;
  const variants = gemmVariants(device);
  const variant = variants.find((each) => each.name === base);
  if (variant === undefined) {
    throw new DeviceError(
      `Cannot run matrix products on "${name}" as the device has ${
        variants.map((each) => each.name).join(", ")
      }`,
    );
  }
  return { variant, slices: Number(slices) };
}

/** Whether a choice computes the shape, and no less exactly than allowed. */
export function fits(
  { precision }: Chooser,
  { variant, slices }: GemmChoice,
  shape: GemmShape,
): boolean {
  return variant.lacks(shape) === undefined &&
    (variant.factors === "f32" || precision === "f16") &&
    (slices === 1 || canSlice(variant, shape));
}

/** Whether K can be cut into slices that are computed as a batch. */
function canSlice(variant: GemmVariant, shape: GemmShape): boolean {
  return variant.factors === "f32" && shape.batch === 1 &&
    shape.channels === undefined;
}

/** What the shape suggests. */
export function suggested(device: Chooser, shape: GemmShape): GemmChoice {
  const { software, subgroupSize: lanes } = device;
  const { batch, M, N, K } = shape;
  const named = (name: string) => namedVariant(device, name);
  if (software && gemmVariants(device).some((v) => v.name === "shuffle:1")) {
    const time = (tile: number) =>
      Math.ceil(M / (tile * lanes)) * tile / SHUFFLE_RATES[tile]!;
    const tiles = Object.keys(SHUFFLE_RATES).map(Number);
    const rows = [1, 4, lanes].find((n) => M <= n) ??
      lanes * tiles.reduce((a, b) => time(b) < time(a) ? b : a);
    return named(`shuffle:${rows}`);
  }
  const groups = ({ rows, columns }: GemmVariant) =>
    batch * Math.ceil(M / rows) * Math.ceil(N / columns);
  if (M >= 32 && N >= 32 && K >= 64) {
    const matrices = gemmVariants(device).filter((variant) =>
      variant.name.startsWith("matrix:") &&
      fits(device, { variant, slices: 1 }, shape)
    );
    const variant = matrices.find((each) => groups(each) >= BUSY) ??
      matrices.at(-1);
    if (variant !== undefined) return { variant, slices: 1 };
  }
  if (M <= 16) return sliced(named("tile:16x64"), shape, groups);
  if (N <= 16) return sliced(named("tile:64x16"), shape, groups);
  for (const name of ["tile:128x128", "tile:128x64"]) {
    const choice = named(name);
    if (groups(choice.variant) >= BUSY) return choice;
  }
  return sliced(named("tile:64x64"), shape, groups);
}

/** Cuts K where there would be too few workgroups. */
function sliced(
  { variant }: GemmChoice,
  shape: GemmShape,
  groups: (variant: GemmVariant) => number,
): GemmChoice {
  const wanted = Math.ceil(2 * BUSY / groups(variant));
  const most = Math.floor(shape.K / MIN_SLICE);
  const slices = Math.min(wanted, most, 16);
  return {
    variant,
    slices: slices > 1 && canSlice(variant, shape) ? slices : 1,
  };
}
