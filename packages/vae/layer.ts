import type { Tensor } from "@edit-transfer/tensor";

/** Something that makes one image of another, both `[B, h, w, C]`. */
export interface Layer {
  /** Returns a new tensor; x stays the caller's. */
  forward(x: Tensor): Tensor;
}

/**
 * Applies layers one after another. Each result is freed as soon as the next
 * one exists, so that a picture is held at most twice.
 */
export function forwardThrough(layers: readonly Layer[], x: Tensor): Tensor {
  let y = x;
  for (const layer of layers) {
    const next = layer.forward(y);
    if (y !== x) y.dispose();
    y = next;
  }
  return y;
}
