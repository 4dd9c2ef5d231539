/** `[c, h, w]` of a latent image; height and width are even. */
export type LatentShape = readonly [c: number, h: number, w: number];

/**
 * Packs a latent image into tokens of 2×2 pixels, channels in the order
 * c, row, column: `tokens[(y, x), (c, i, j)] = latents[c, 2y + i, 2x + j]`.
 *
 * Source: `_pack_latents` in huggingface/diffusers@v0.42.1,
 * `pipelines/flux/pipeline_flux.py`.
 *
 * @throws {RangeError} If height or width is odd, or the length differs.
 */
export function packLatents(
  latents: ArrayLike<number>,
  shape: LatentShape,
): Float32Array {
  checkLatents(latents, shape);
  const tokens = new Float32Array(latents.length);
  forEachPair(shape, (token, pixel) => tokens[token] = latents[pixel]!);
  return tokens;
}

/** Latents `[c, h, w]` of tokens, the inverse of {@linkcode packLatents}. */
export function unpackLatents(
  tokens: ArrayLike<number>,
  shape: LatentShape,
): Float32Array {
  checkLatents(tokens, shape);
  const latents = new Float32Array(tokens.length);
  forEachPair(shape, (token, pixel) => latents[pixel] = tokens[token]!);
  return latents;
}

/** Visits the index of every element among the tokens and among the pixels. */
function forEachPair(
  [c, h, w]: LatentShape,
  visit: (token: number, pixel: number) => void,
): void {
  for (let pixel = 0; pixel < c * h * w; pixel++) {
    const x = pixel % w;
    const y = Math.floor(pixel / w) % h;
    const channel = Math.floor(pixel / (h * w));
    const position = (y >> 1) * (w / 2) + (x >> 1);
    visit(position * 4 * c + channel * 4 + (y & 1) * 2 + (x & 1), pixel);
  }
}

function checkLatents(values: ArrayLike<number>, shape: LatentShape): void {
  const [c, h, w] = shape;
  if (h % 2 !== 0 || w % 2 !== 0 || values.length !== c * h * w) {
    throw new RangeError(
      `Cannot pack latents as [c, h, w] must fit the values, with h and w even: got [${
        shape.join(", ")
      }] and ${values.length} values`,
    );
  }
}
