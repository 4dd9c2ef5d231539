import { f32 } from "../../cpu/storage.ts";
import type { AdamwKernel } from "./kernels.ts";

export const adamwCpu = (): AdamwKernel => (out, from, options) => {
  const { beta1, beta2, decay, stepSize, denominatorScale, eps } = options;
  const param = f32(out.param);
  const m = f32(out.m);
  const v = f32(out.v);
  const oldParam = f32(from.param);
  const oldM = f32(from.m);
  const oldV = f32(from.v);
  const grad = f32(from.grad);
  for (let i = 0; i < param.length; i++) {
    const g = grad[i]!;
    const mean = oldM[i]! + (g - oldM[i]!) * (1 - beta1);
    const square = oldV[i]! * beta2 + g * g * (1 - beta2);
    m[i] = mean;
    v[i] = square;
    param[i] = oldParam[i]! * decay -
      stepSize * mean / (Math.sqrt(square) * denominatorScale + eps);
  }
};
