import { attentionBucket } from "../attention/webgpu/choice.ts";
import {
  attentionCandidates,
  attentionTrial,
} from "../attention/webgpu/trial.ts";
import { gemmBucket, suggested } from "../gemm/webgpu/choice.ts";
import { gemmCandidates, gemmTrial, type Trial } from "../gemm/webgpu/trial.ts";
import { gemmVariants } from "../gemm/webgpu/variants.ts";
import type { AttentionShape, TunedShape } from "./tuned_shape.ts";
import type { WebGpuDevice } from "./webgpu_device.ts";

function isAttention(shape: TunedShape): shape is AttentionShape {
  return "pass" in shape;
}

/** Shapes that share what is measured. */
export function bucketOf(shape: TunedShape): string {
  return isAttention(shape) ? attentionBucket(shape) : gemmBucket(shape);
}

/** Names of the variants to measure, the one that the shape suggests first. */
export function candidates(device: WebGpuDevice, shape: TunedShape): string[] {
  if (isAttention(shape)) return attentionCandidates(device, shape);
  const { variant, slices } = suggested(device, shape);
  const first = variant.name + (slices > 1 ? `/k${slices}` : "");
  return [...new Set([first, ...gemmCandidates(device, shape)])];
}

/** Operands of a shape, ready to run on any of them. */
export function trialOf(device: WebGpuDevice, shape: TunedShape): Trial {
  return isAttention(shape)
    ? attentionTrial(device, shape)
    : gemmTrial(device, shape);
}

/** Whether a device has a variant, which an earlier version measured. */
export function hasVariant(
  device: WebGpuDevice,
  shape: TunedShape,
  name: string,
): boolean {
  if (isAttention(shape)) {
    return attentionCandidates(device, shape).includes(name);
  }
  const base = name.replace(/\/k\d+$/, "");
  return gemmVariants(device).some((variant) => variant.name === base);
}
