import type { AttentionLayerShape, LayerShape } from "@edit-transfer/tensor";

type Matrix = readonly [M: number, N: number, K: number];

/**
 * Layers of a transformer of width C with these tokens, text of width `Ct`, and
 * what a step of training computes besides: gradients by the inputs of layers,
 * and by the branches that are trained.
 */
function transformer(
  { I, T, C, M, Ct, c, D, rank = 16 }: {
    I: number;
    T: number;
    C: number;
    M: number;
    Ct: number;
    c: number;
    D: number;
    readonly rank?: number | undefined;
  },
): (LayerShape | AttentionLayerShape)[] {
  const L = T + I;
  const frozen: Matrix[] = [
    [I, C, c],
    [T, C, Ct],
    [1, 6 * C, C],
    [1, 3 * C, C],
    ...[I, T, L].flatMap((rows): Matrix[] => [
      [rows, C, C],
      [rows, M, C],
      [rows, C, M],
    ]),
    [L, C, C + M],
    [I, c, C],
  ];
  const trained: Matrix[] = [I, T, L].flatMap((rows): Matrix[] => [
    [rows, rank, C],
    [rows, C, rank],
  ]);
  const blocks = frozen.filter(([rows, , inputs]) =>
    rows > 1 && inputs !== c && inputs !== Ct
  );
  const attention = { heads: C / D, L, D };
  return [
    ...frozen.map(([M, N, K]) => ({ M, N, K, dtype: "bf16" as const })),
    ...trained.map(([M, N, K]) => ({ M, N, K, dtype: "f32" as const })),
    attention,
    { ...attention, gradient: true },
    ...blocks.map(([M, N, K]) => (
      { M, N, K, dtype: "bf16", gradient: "x" } as const
    )),
    ...trained.flatMap(([M, N, K]) =>
      (["x", "weight"] as const).map((gradient) => (
        { M, N, K, dtype: "f32", gradient } as const
      ))
    ),
  ];
}

/** 3 × 3 convolutions of an autoencoder on a panel of side P. */
function autoencoder(P: number, channels: readonly number[]): LayerShape[] {
  return channels.flatMap((C, level) => {
    const M = (P >> level) ** 2;
    const previous = channels[level - 1] ?? C;
    return [...new Set([C, previous])].map((Cin) => ({
      M,
      N: C,
      K: 9 * Cin,
      dtype: "f32" as const,
      channels: Cin,
    }));
  });
}

/** Layers of the embedded model: 64 × 64 panels. */
export const EMBEDDED_LAYERS: readonly (LayerShape | AttentionLayerShape)[] = [
  ...transformer({ I: 64, T: 32, C: 192, M: 768, Ct: 96, c: 64, D: 64 }),
  ...autoencoder(64, [16, 32, 64, 64]),
];

/** Layers of FLUX.1-dev: T5, 4,608 tokens, 512 × 512 panels. */
export const FLUX_LAYERS: readonly (LayerShape | AttentionLayerShape)[] = [
  ...transformer({
    I: 4096,
    T: 512,
    C: 3072,
    M: 12288,
    Ct: 4096,
    c: 64,
    D: 128,
  }),
  ...autoencoder(512, [128, 256, 512, 512]),
  ...[[4096, 4096], [10240, 4096], [4096, 10240]].map((
    [N, K],
  ) => ({ M: 512, N: N!, K: K!, dtype: "bf16" as const })),
];
