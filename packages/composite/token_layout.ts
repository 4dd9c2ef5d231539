import { type LatentShape, packLatents } from "./pack_latents.ts";
import type { Segment } from "./token_rows.ts";

/**
 * What the image tokens of a picture are: where each stands, which are given,
 * which are made, and how latents become tokens and an answer.
 */
export interface TokenLayout {
  /** Extents `[c, H, W]` of the latents that noise is drawn for. */
  readonly shape: LatentShape;
  /** Extents `[c, h, w]` of the latents of the answer. */
  readonly answerShape: LatentShape;
  /** Image tokens, I. */
  readonly tokens: number;
  /** Positions of the tokens, `[I, 3]`. */
  readonly ids: readonly (readonly number[])[];
  /** 1 for tokens that are made, 0 for given ones: `[I]`. */
  readonly mask: Float32Array;
  /** Indices of the tokens of each part of the picture. */
  readonly segments: Readonly<Partial<Record<Segment, readonly number[]>>>;
  /**
   * Who sees whom under kept conditions, besides the text that all see: the
   * tokens of a turn see each other and those of the turns before it. The last
   * turn is made.
   */
  readonly turns: readonly (readonly number[])[];
  /**
   * Noises the tokens that are made: `x = m ((1 − σ) z + σ ε) + (1 − m) z`.
   *
   * @param panels Latents z that are given, each `[c, h, w]`, then those of the
   * answer; 0 if they are left out.
   * @param noise Noise ε and its level σ.
   * @returns The tokens.
   *
   * @throws {RangeError} If the number of panels or a length differs.
   */
  compose(panels: readonly ArrayLike<number>[], noise: Noise): ComposedTokens;
  /**
   * Latents of everything that noise is drawn for.
   *
   * @param tokens `[I, 4c]`.
   * @returns `[c, H, W]`.
   *
   * @throws {RangeError} If the length differs.
   */
  unpack(tokens: ArrayLike<number>): Float32Array;
  /**
   * Latents of the answer.
   *
   * @param tokens `[I, 4c]`.
   * @returns `[c, h, w]`.
   *
   * @throws {RangeError} If the length differs.
   */
  answer(tokens: ArrayLike<number>): Float32Array;
}

/** Noise of a {@linkcode TokenLayout}. */
export interface Noise {
  /** Noise ε, `[c, H, W]`. */
  readonly noise: ArrayLike<number>;
  /**
   * Noise level σ in 0…1.
   *
   * @default {1}
   */
  readonly sigma?: number | undefined;
}

/** Packed tokens, each `[I, 4c]`. */
export interface ComposedTokens {
  /** Tokens x to begin with. */
  readonly latents: Float32Array;
  /** Clean tokens z. */
  readonly clean: Float32Array;
  /** Noise ε of every token. */
  readonly noise: Float32Array;
}

/** Noises the latents of a whole where the mask says so, as packed tokens. */
export function composeTokens(
  { shape, mask }: Pick<TokenLayout, "shape" | "mask">,
  latents: ArrayLike<number>,
  { noise, sigma = 1 }: Noise,
): ComposedTokens {
  const clean = packLatents(latents, shape); // [I, 4c]
  const epsilon = packLatents(noise, shape); // [I, 4c]
  const rest = Math.fround(1 - sigma);
  const x = clean.map((z, i) =>
    mask[Math.floor(i / (4 * shape[0]))] === 0
      ? z
      : Math.fround(rest * z) + Math.fround(sigma * epsilon[i]!)
  ); // [I, 4c]
  return { latents: x, clean, noise: epsilon };
}
