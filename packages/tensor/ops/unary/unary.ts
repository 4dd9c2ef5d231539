import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import type { UnaryFunction } from "./kernels.ts";

/**
 * Negation, element by element.
 *
 * `y = -x`
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { neg, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, -2]);
 * using y = neg(x); // [2]
 * assert.deepEqual([...await y.data()], [-1, 2]);
 * ```
 */
export function neg(x: Tensor): Tensor {
  return unary("neg", x);
}

/**
 * Absolute value, element by element.
 *
 * `y = abs(x)`
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { abs, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, -2]);
 * using y = abs(x); // [2]
 * assert.deepEqual([...await y.data()], [1, 2]);
 * ```
 */
export function abs(x: Tensor): Tensor {
  return unary("abs", x);
}

/**
 * Exponential, element by element.
 *
 * `y = exp(x)`
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { exp, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [0]);
 * using y = exp(x); // [1]
 * assert.deepEqual([...await y.data()], [1]);
 * ```
 */
export function exp(x: Tensor): Tensor {
  return unary("exp", x);
}

/**
 * Natural logarithm, element by element.
 *
 * `y = ln(x)`
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { log, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1]);
 * using y = log(x); // [1]
 * assert.deepEqual([...await y.data()], [0]);
 * ```
 */
export function log(x: Tensor): Tensor {
  return unary("log", x);
}

/**
 * Square root, element by element.
 *
 * `y = sqrt(x)`
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { sqrt, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [4, 9]);
 * using y = sqrt(x); // [2]
 * assert.deepEqual([...await y.data()], [2, 3]);
 * ```
 */
export function sqrt(x: Tensor): Tensor {
  return unary("sqrt", x);
}

/**
 * Square, element by element.
 *
 * `y = x²`
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { square, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [3, -2]);
 * using y = square(x); // [2]
 * assert.deepEqual([...await y.data()], [9, 4]);
 * ```
 */
export function square(x: Tensor): Tensor {
  return unary("square", x);
}

/**
 * Hyperbolic tangent, element by element.
 *
 * `y = tanh(x)`
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { tanh, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [0]);
 * using y = tanh(x); // [1]
 * assert.deepEqual([...await y.data()], [0]);
 * ```
 */
export function tanh(x: Tensor): Tensor {
  return unary("tanh", x);
}

/**
 * Logistic function, element by element.
 *
 * `y = 1 / (1 + exp(-x))`
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { sigmoid, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [0]);
 * using y = sigmoid(x); // [1]
 * assert.deepEqual([...await y.data()], [0.5]);
 * ```
 */
export function sigmoid(x: Tensor): Tensor {
  return unary("sigmoid", x);
}

/**
 * Sigmoid linear unit, element by element.
 *
 * `y = x / (1 + exp(-x))`
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { silu, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [0]);
 * using y = silu(x); // [1]
 * assert.deepEqual([...await y.data()], [0]);
 * ```
 */
export function silu(x: Tensor): Tensor {
  return unary("silu", x);
}

/**
 * Gaussian error linear unit, exact, element by element.
 *
 * `y = x (1 + erf(x / sqrt(2))) / 2`
 *
 * Source: Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415.
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { gelu, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [0]);
 * using y = gelu(x); // [1]
 * assert.deepEqual([...await y.data()], [0]);
 * ```
 */
export function gelu(x: Tensor): Tensor {
  return unary("gelu", x);
}

/**
 * Gaussian error linear unit, by tanh, element by element.
 *
 * `y = x (1 + tanh(sqrt(2 / π) (x + 0.044715 x³))) / 2`
 *
 * Source: Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415.
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { geluTanh, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [0]);
 * using y = geluTanh(x); // [1]
 * assert.deepEqual([...await y.data()], [0]);
 * ```
 */
export function geluTanh(x: Tensor): Tensor {
  return unary("geluTanh", x);
}

/**
 * Gaussian error linear unit, by the logistic function, element by element.
 *
 * `y = x / (1 + exp(-1.702 x))`
 *
 * Source: openai/CLIP, `clip/model.py`.
 *
 * @param x Input, `[...]`, f32.
 * @returns `[...]`, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { quickGelu, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [0]);
 * using y = quickGelu(x); // [1]
 * assert.deepEqual([...await y.data()], [0]);
 * ```
 */
export function quickGelu(x: Tensor): Tensor {
  return unary("quickGelu", x);
}

/** Checks the operand, allocates the result and runs the kernel. */
function unary(f: UnaryFunction, x: Tensor): Tensor {
  const device = operandDevice(f, { x });
  const y = output(
    device,
    x.shape,
    (y) => device.kernels.unary(y, x, f),
  );
  return recorded(y, [x], (_, save) => {
    const at = save(x);
    return (dy) => [
      output(
        device,
        x.shape,
        (dx) => device.kernels.unaryGradient(dx, at, dy, f),
      ),
    ];
  });
}
