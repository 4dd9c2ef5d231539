import { type Device, Tensor } from "@edit-transfer/tensor";

/** Base of the rotation frequencies. */
const THETA = 10000;

/** Rotary tables of a sequence, for `rope` of the tensor package. */
export interface RopeTables {
  /** Cosines, `[L, D / 2]`. */
  readonly cos: Tensor;
  /** Sines, `[L, D / 2]`. */
  readonly sin: Tensor;
}

/**
 * Rotary tables of positions on several axes, each of which rotates its share
 * of the head: axis `a` of width `d` gives the angles `ids[l][a] θ^(-2i / d)`
 * for `i < d / 2`, with θ = 10000, in f64, rounded to f32 at the end.
 *
 * Source: Su et al. 2021, eq. 15, https://arxiv.org/abs/2104.09864; `rope` and
 * `EmbedND` in black-forest-labs/flux@802fb47, `src/flux/math.py`.
 *
 * @param ids Position of each of the L tokens on each axis.
 * @param options Width of each axis, which add up to D, and the device.
 * @returns Tables `[L, D / 2]`, owned by the caller.
 */
export function ropeTables(
  ids: readonly (readonly number[])[],
  options: { axesDims: readonly number[]; device: Device },
): RopeTables {
  const { axesDims, device } = options;
  const L = ids.length;
  const half = axesDims.reduce((sum, d) => sum + d, 0) / 2;
  const cos = new Float32Array(L * half);
  const sin = new Float32Array(L * half);
  let at = 0;
  for (const position of ids) {
    axesDims.forEach((d, axis) => {
      for (let i = 0; i < d / 2; i++) {
        const angle = position[axis]! * THETA ** (-2 * i / d);
        cos[at] = Math.cos(angle);
        sin[at] = Math.sin(angle);
        at++;
      }
    });
  }
  const shape = [L, half];
  return {
    cos: Tensor.from(device, cos, { shape }),
    sin: Tensor.from(device, sin, { shape }),
  };
}
