import type { Op } from "../../op.ts";
import { layerNormModulateWebGpu } from "../layer_norm/webgpu.ts";
import { layerNormModulateCpu } from "./cpu.ts";
import type { LayerNormModulateKernel } from "./kernels.ts";

export const layerNormModulate: Op<LayerNormModulateKernel> = {
  cpu: layerNormModulateCpu,
  webgpu: layerNormModulateWebGpu,
  scratch: true,
};
