import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { sameShape } from "../_axis.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { sumTo } from "../_sum_axes.ts";
import type { BinaryFunction } from "./kernels.ts";

/**
 * Sum, element by element, `y = a + b`, with broadcasting.
 *
 * Shapes are aligned at their last axes; an extent of 1 is repeated.
 *
 * @param a Left operand, `[...]`, f32.
 * @param b Right operand, `[...]`, f32.
 * @returns Tensor of the broadcast shape, owned by the caller.
 *
 * @throws {ShapeError} If the shapes cannot be broadcast together.
 *
 * @example Usage
 * ```ts
 * import { add, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using a = Tensor.from(device, [1, 2, 3, 4], { shape: [2, 2] });
 * using b = Tensor.from(device, [10, 20]);
 * using y = add(a, b); // [2, 2]
 * assert.deepEqual([...await y.data()], [11, 22, 13, 24]);
 * ```
 */
export function add(a: Tensor, b: Tensor): Tensor {
  return binary("add", a, b);
}

/**
 * Difference, element by element, `y = a - b`, with the broadcasting of {@linkcode add}.
 *
 * @param a Left operand, `[...]`, f32.
 * @param b Right operand, `[...]`, f32.
 * @returns Tensor of the broadcast shape, owned by the caller.
 *
 * @throws {ShapeError} If the shapes cannot be broadcast together.
 *
 * @example Usage
 * ```ts
 * import { sub, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using a = Tensor.from(device, [5, 7]);
 * using b = Tensor.from(device, [1, 2]);
 * using y = sub(a, b); // [2]
 * assert.deepEqual([...await y.data()], [4, 5]);
 * ```
 */
export function sub(a: Tensor, b: Tensor): Tensor {
  return binary("sub", a, b);
}

/**
 * Product, element by element, `y = a b`, with the broadcasting of {@linkcode add}.
 *
 * @param a Left operand, `[...]`, f32.
 * @param b Right operand, `[...]`, f32.
 * @returns Tensor of the broadcast shape, owned by the caller.
 *
 * @throws {ShapeError} If the shapes cannot be broadcast together.
 *
 * @example Usage
 * ```ts
 * import { mul, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using a = Tensor.from(device, [5, 7]);
 * using b = Tensor.from(device, [1, 2]);
 * using y = mul(a, b); // [2]
 * assert.deepEqual([...await y.data()], [5, 14]);
 * ```
 */
export function mul(a: Tensor, b: Tensor): Tensor {
  return binary("mul", a, b);
}

/**
 * Quotient, element by element, `y = a / b`, with the broadcasting of {@linkcode add}.
 *
 * @param a Left operand, `[...]`, f32.
 * @param b Right operand, `[...]`, f32.
 * @returns Tensor of the broadcast shape, owned by the caller.
 *
 * @throws {ShapeError} If the shapes cannot be broadcast together.
 *
 * @example Usage
 * ```ts
 * import { div, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using a = Tensor.from(device, [6, 7]);
 * using b = Tensor.from(device, [3, 2]);
 * using y = div(a, b); // [2]
 * assert.deepEqual([...await y.data()], [2, 3.5]);
 * ```
 */
export function div(a: Tensor, b: Tensor): Tensor {
  return binary("div", a, b);
}

/**
 * Greater of two, element by element, `y = max(a, b)`, with the broadcasting of {@linkcode add}.
 *
 * @param a Left operand, `[...]`, f32.
 * @param b Right operand, `[...]`, f32.
 * @returns Tensor of the broadcast shape, owned by the caller.
 *
 * @throws {ShapeError} If the shapes cannot be broadcast together.
 *
 * @example Usage
 * ```ts
 * import { maximum, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using a = Tensor.from(device, [5, 7]);
 * using b = Tensor.from(device, [6, 2]);
 * using y = maximum(a, b); // [2]
 * assert.deepEqual([...await y.data()], [6, 7]);
 * ```
 */
export function maximum(a: Tensor, b: Tensor): Tensor {
  return binary("maximum", a, b, "max");
}

/**
 * Lesser of two, element by element, `y = min(a, b)`, with the broadcasting of {@linkcode add}.
 *
 * @param a Left operand, `[...]`, f32.
 * @param b Right operand, `[...]`, f32.
 * @returns Tensor of the broadcast shape, owned by the caller.
 *
 * @throws {ShapeError} If the shapes cannot be broadcast together.
 *
 * @example Usage
 * ```ts
 * import { minimum, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using a = Tensor.from(device, [5, 7]);
 * using b = Tensor.from(device, [6, 2]);
 * using y = minimum(a, b); // [2]
 * assert.deepEqual([...await y.data()], [5, 2]);
 * ```
 */
export function minimum(a: Tensor, b: Tensor): Tensor {
  return binary("minimum", a, b, "min");
}

/** Checks the operands, allocates the result and runs the kernel. */
function binary(
  op: string,
  a: Tensor,
  b: Tensor,
  f: BinaryFunction = op as BinaryFunction,
): Tensor {
  const device = operandDevice(op, { a, b });
  const shape = sameShape(a.shape, b.shape)
    ? a.shape
    : broadcastShape(op, a.shape, b.shape);
  const y = output(
    device,
    shape,
    (y) => device.kernels.binary(y, a, b, f),
  );
  return recorded(y, [a, b], ([needsA, needsB], save) => {
    const apply = (f: BinaryFunction, a: Tensor, b: Tensor) =>
      output(device, shape, (y) => device.kernels.binary(y, a, b, f));
    const scaled = (x: Tensor, alpha: number) =>
      output(
        device,
        x.shape,
        (y) => device.kernels.affine(y, x, alpha, 0),
      );
    const toA = (da: () => Tensor) => needsA ? sumTo(da(), a.shape) : undefined;
    const toB = (db: () => Tensor) => needsB ? sumTo(db(), b.shape) : undefined;
    switch (f) {
      case "add":
        return (dy) => [toA(() => dy), toB(() => dy)];
      case "sub":
        return (dy) => [toA(() => dy), toB(() => scaled(dy, -1))];
      case "mul": {
        const right = needsA ? save(b) : undefined;
        const left = needsB ? save(a) : undefined;
        return (dy) => [
          toA(() => apply("mul", dy, right!)),
          toB(() => apply("mul", dy, left!)),
        ];
      }
      case "div": { // dy / b and -dy a / b²
        const right = save(b);
        const left = needsB ? save(a) : undefined;
        return (dy) => {
          const da = apply("div", dy, right);
          return [
            toA(() => da),
            toB(() => {
              const ratio = apply("div", left!, right);
              return scaled(apply("mul", da, ratio), -1);
            }),
          ];
        };
      }
      default: { // to the greater or the lesser, halves where they are equal
        const [left, right] = [save(a), save(b)];
        const [first, second] = f === "max" ? [left, right] : [right, left];
        return (dy) => [
          toA(() => apply("mul", dy, apply("step", first, second))),
          toB(() => apply("mul", dy, apply("step", second, first))),
        ];
      }
    }
  });
}

/** Shape to which both shapes broadcast. */
function broadcastShape(
  op: string,
  a: readonly number[],
  b: readonly number[],
): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(op, "extents must be equal or 1", { a, b });
    }
    return Math.max(left, right);
  });
}
