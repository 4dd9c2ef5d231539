/**
 * Tensors on the cpu and on WebGPU, and the operations on them.
 *
 * {@linkcode openDevice} gives a {@linkcode Device}; a {@linkcode Tensor}
 * lives on it until it is disposed or its {@linkcode scope} ends. Operations
 * are synchronous and return new tensors; {@linkcode Tensor.data} waits.
 *
 * ```ts
 * import { matmul, openDevice, scope, silu, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu");
 * const y = scope(() => {
 *   const a = Tensor.from(device, [1, 2, 3, 4], { shape: [2, 2] });
 *   const b = Tensor.from(device, [1, -1], { shape: [2, 1] });
 *   return silu(matmul(a, b)); // [2, 1]
 * });
 * const [first] = await y.data();
 * assert.ok(Math.abs(first! - -1 / (1 + Math.E)) < 1e-6);
 * device.destroy();
 * ```
 *
 * @module
 */
export * from "./autograd/checkpoint.ts";
export * from "./autograd/value_and_grad.ts";
export * from "./backend.ts";
export * from "./block_store.ts";
export {
  type DeviceChoice,
  openDevice,
  type OpenDeviceOptions,
} from "./device.ts";
export * from "./dry_device.ts";
export * from "./errors.ts";
export * from "./gpu_info.ts";
export * from "./linear.ts";
export * from "./ops/add_gated.ts";
export * from "./ops/affine.ts";
export * from "./ops/attention.ts";
export * from "./ops/binary.ts";
export * from "./ops/cast.ts";
export * from "./ops/concat.ts";
export * from "./ops/conv2d.ts";
export * from "./ops/dequantize.ts";
export * from "./ops/gather.ts";
export * from "./ops/group_norm.ts";
export * from "./ops/layer_norm.ts";
export * from "./ops/layer_norm_modulate.ts";
export * from "./ops/linear.ts";
export * from "./ops/matmul.ts";
export * from "./ops/modulate.ts";
export * from "./ops/pad.ts";
export * from "./ops/permute.ts";
export * from "./ops/rms_norm.ts";
export * from "./ops/rms_norm_rope.ts";
export * from "./ops/rope.ts";
export * from "./ops/slice.ts";
export * from "./ops/softmax.ts";
export * from "./ops/split.ts";
export * from "./ops/sum.ts";
export * from "./ops/unary.ts";
export * from "./ops/upsample_nearest2d.ts";
export * from "./ops/zeros.ts";
export * from "./optim/adamw.ts";
export * from "./optim/clip.ts";
export * from "./optim/global_norm.ts";
export * from "./parameter.ts";
export { keep, scope } from "./scope.ts";
export * from "./tensor.ts";
export * from "./tune.ts";
export * from "./tune_layers.ts";
