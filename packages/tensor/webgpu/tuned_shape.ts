/** What a matrix product depends on when its kernel is chosen. */
export interface GemmShape {
  readonly batch: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly bType: "f32" | "f16" | "bf16";
  /**
   * Whether `b` is stored `[N, K]`.
   *
   * @default {true}
   */
  readonly transposeB?: boolean | undefined;
  /** Whether the rows of `a` are windows of an image of so many channels. */
  readonly channels?: number | undefined;
}

/** What attention without a bias depends on when its kernel is chosen. */
export interface AttentionShape {
  readonly pass: "forward" | "backward";
  /** Heads of all samples. */
  readonly heads: number;
  readonly Lq: number;
  readonly Lk: number;
  readonly D: number;
}

/** A shape whose variants can be measured. */
export type TunedShape = GemmShape | AttentionShape;
