import { create } from "webgpu";

/** Features that Dawn's device without an adapter is opened with. */
const FEATURES = [
  "shader-f16",
  "subgroups",
  "chromium-experimental-subgroup-matrix",
];

/** Dawn without a GPU, kept as devices crash when it is collected. */
const nowhere = create([
  "backend=null",
  "enable-dawn-features=allow_unsafe_apis",
]) as unknown as GPU;

/** Opens a device for a GPU that is not there: it validates and runs nothing. */
export async function nullDevice(): Promise<GPUDevice> {
  const adapter = (await nowhere.requestAdapter())!;
  return await adapter.requestDevice({
    requiredFeatures: FEATURES as GPUFeatureName[],
  });
}

/**
 * Compiles and validates WGSL on such a device; returns the messages about it.
 * Pipelines are not made: its limits are the smallest of all.
 */
export async function messagesOf(code: string): Promise<string[]> {
  const device = await nullDevice();
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  device.destroy();
  return [...messages].map(({ message }) => message);
}
