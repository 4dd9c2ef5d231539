/** What a matrix unit multiplies at once: `[M, K]` by `[K, N]`, summed in f32. */
export interface MatrixUnit {
  /** Type of both factors. */
  readonly type: "f16" | "f32";
  /** Rows of the left factor. */
  readonly M: number;
  /** Columns of the right factor. */
  readonly N: number;
  /** Columns of the left factor. */
  readonly K: number;
}

/** Entry of `GPUAdapterInfo.subgroupMatrixConfigs`. */
interface MatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Features without which matrices cannot be multiplied by subgroups. */
const NEEDED = ["chromium-experimental-subgroup-matrix", "subgroups"];

/**
 * Matrix units of an adapter that sum in f32: one for each type of factors,
 * of 16 × 16 × 16 if there is a choice.
 *
 * @param adapter Adapter.
 * @param features Features of the device opened on it.
 * @returns The units, and the lanes of the subgroups that use them.
 */
export function matrixUnits(
  adapter: GPUAdapter,
  features: { has(name: string): boolean },
): { units: MatrixUnit[]; lanes: number } {
  const info = adapter.info as GPUAdapterInfo & {
    readonly subgroupMatrixConfigs?: Iterable<MatrixConfig> | undefined;
    readonly subgroupMinSize?: number | undefined;
    readonly subgroupMaxSize?: number | undefined;
  };
  const lanes = info.subgroupMinSize === info.subgroupMaxSize
    ? info.subgroupMaxSize ?? 0
    : /apple/i.test(info.vendor)
    ? 32 // of every chip, although ranges are reported
    : 0;
  if (lanes === 0 || !NEEDED.every((name) => features.has(name))) {
    return { units: [], lanes: 0 };
  }
  const units = (["f16", "f32"] as const).flatMap((type) => {
    if (type === "f16" && !features.has("shader-f16")) return [];
    const found = [...info.subgroupMatrixConfigs ?? []]
      .filter(({ componentType, resultComponentType }) =>
        componentType === type && resultComponentType === "f32"
      )
      .map(({ M, N, K }) => ({ type, M, N, K }))
      .filter(({ M, N, K }) => M % 8 === 0 && N % 8 === 0 && K % 8 === 0);
    const best = found.find(({ M, N, K }) => M * N * K === 16 ** 3) ?? found[0];
    return best === undefined ? [] : [best];
  });
  return { units, lanes };
}
