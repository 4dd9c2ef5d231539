import { create } from "webgpu";

/** Features that Dawn's device without an adapter is opened with. */
const FEATURES = [
  "shader-f16",
  "subgroups",
  "chromium-experimental-subgroup-matrix",
];

/**
 * Compiles and validates WGSL for a GPU that is not there, on Dawn's null
 * backend; returns the messages about it. Pipelines are not made: the limits
 * of that backend are the smallest of all.
 */
export async function messagesOf(code: string): Promise<string[]> {
  const gpu = create([
    "backend=null",
    "enable-dawn-features=allow_unsafe_apis",
  ]) as unknown as GPU;
  const adapter = (await gpu.requestAdapter())!;
  const device = await adapter.requestDevice({
    requiredFeatures: FEATURES as GPUFeatureName[],
  });
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  device.destroy();
  return [...messages].map(({ message }) => message);
}
