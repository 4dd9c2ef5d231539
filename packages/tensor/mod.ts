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
 * using device = await openDevice("cpu");
 * const y = scope(() => {
 *   const a = Tensor.from(device, [1, 2, 3, 4], { shape: [2, 2] });
 *   const b = Tensor.from(device, [1, -1], { shape: [2, 1] });
 *   return silu(matmul(a, b)); // [2, 1]
 * });
 * const [first] = await y.data();
 * assert.ok(Math.abs(first! - -1 / (1 + Math.E)) < 1e-6);
 * ```
 *
 * @module
 */
export * from "./autograd/checkpoint.ts";
export * from "./autograd/value_and_grad.ts";
export type { Device } from "./backend.ts";
export * from "./block_store.ts";
export {
  type DeviceChoice,
  openDevice,
  type OpenDeviceOptions,
} from "./device.ts";
export type { DeviceArray, Storage } from "./device_array.ts";
export * from "./dry_device.ts";
export {
  type DenseDType,
  type DType,
  isQuantized,
  type QuantizedDType,
  storageBytes,
} from "./dtype.ts";
export * from "./errors.ts";
export type { Activation, LowRankBranch, Residual } from "./gemm/epilogue.ts";
export * from "./gpu_info.ts";
export type { HostArray } from "./host_array.ts";
export * from "./gain.ts";
export * from "./linear.ts";
export * from "./ops/add_gated/add_gated.ts";
export * from "./ops/affine/affine.ts";
export * from "./attention/attention.ts";
export * from "./ops/binary/binary.ts";
export * from "./ops/cast/cast.ts";
export * from "./ops/concat/concat.ts";
export * from "./ops/conv2d/conv2d.ts";
export type { Padding2d } from "./ops/conv2d/kernels.ts";
export * from "./ops/dequantize/dequantize.ts";
export * from "./ops/gather/gather.ts";
export * from "./ops/group_norm/group_norm.ts";
export * from "./ops/layer_norm/layer_norm.ts";
export * from "./ops/layer_norm_modulate/layer_norm_modulate.ts";
export * from "./gemm/linear.ts";
export type { LinearOptions } from "./gemm/linear_options.ts";
export * from "./gemm/matmul.ts";
export * from "./measure_flops.ts";
export * from "./ops/modulate/modulate.ts";
export * from "./ops/pad/pad.ts";
export * from "./ops/permute/permute.ts";
export * from "./ops/rms_norm/rms_norm.ts";
export * from "./ops/rms_norm_rope/rms_norm_rope.ts";
export * from "./ops/rope/rope.ts";
export * from "./ops/slice/slice.ts";
export * from "./ops/softmax/softmax.ts";
export * from "./ops/split/split.ts";
export * from "./ops/sum/sum.ts";
export type { UnaryFunction } from "./ops/unary/kernels.ts";
export * from "./ops/unary/unary.ts";
export * from "./ops/upsample_nearest2d/upsample_nearest2d.ts";
export * from "./ops/zeros/zeros.ts";
export * from "./optim/adamw/adamw.ts";
export * from "./optim/clip.ts";
export * from "./optim/global_norm.ts";
export * from "./parameter.ts";
export { keep, scope } from "./scope.ts";
export { Tensor } from "./tensor.ts";
export * from "./tune.ts";
export * from "./tune_layers.ts";
