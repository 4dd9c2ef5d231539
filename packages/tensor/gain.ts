import { affine } from "./ops/affine/affine.ts";
import { add } from "./ops/binary/binary.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** A change of a gain. */
export interface GainChange {
  /** `[n]`. */
  readonly values: Tensor;
  /** Factor of the change. */
  readonly scale: number;
  /** Whether the values take the gain's place, rather than being added. */
  readonly replaces: boolean;
}

/**
 * The gain of a norm, `g + Σ scale · values`, whose changes can be added and
 * removed at run time; `(1 - scale) · g + scale · values` where they replace it.
 *
 * @example Usage
 * ```ts
 * import { Gain, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * const gain = new Gain(Tensor.from(device, [1, 2]));
 * using values = Tensor.from(device, [10, 10]);
 * gain.changes.push({ values, scale: 0.5, replaces: false });
 * using now = gain.value();
 * assert.deepEqual([...await now.data()], [6, 7]);
 * ```
 */
export class Gain {
  /** `[n]`, as it was loaded. */
  readonly weight: Tensor;
  /** Changes, in the order that they are made. */
  readonly changes: GainChange[] = [];

  /**
   * Wraps a parameter, which this does not own.
   *
   * @param weight Gain `[n]`.
   */
  constructor(weight: Tensor) {
    this.weight = weight;
  }

  /**
   * Takes over the changes of another gain.
   *
   * @param from The other gain, of the same length.
   */
  share(from: Gain): void {
    this.changes.splice(0, Infinity, ...from.changes);
  }

  /**
   * The gain as it is now.
   *
   * @returns `[n]`: the parameter itself where nothing changes it, else a tensor
   * of the scope.
   */
  value(): Tensor {
    if (this.changes.length === 0) return this.weight;
    return scope(() =>
      this.changes.reduce((gain, { values, scale, replaces }) => {
        const change = affine(values, scale, 0); // [n]
        if (!replaces) return add(gain, change);
        return scale === 1 ? change : add(affine(gain, 1 - scale, 0), change);
      }, this.weight)
    );
  }
}
