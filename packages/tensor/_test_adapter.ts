import process from "node:process";
import { findGpu, subgroupSize } from "./webgpu/adapter.ts";

/** Adapter that tests run on, if there is any. */
export const testAdapter: GPUAdapter | undefined = await findGpu({
  software: true,
});

if (
  testAdapter === undefined &&
  process.env.EDIT_TRANSFER_REQUIRE_GPU !== undefined
) {
  throw new Error(
    "Cannot run the WebGPU tests as no adapter was found: run .ci/install_vulkan.sh",
  );
}

/** What the name of a test ends in that is ignored for want of an adapter. */
export const NO_ADAPTER = " (no adapter: run .ci/install_vulkan.sh)";

/** Lanes of a subgroup if all subgroups of the adapter have the same, else 0. */
export function testSubgroupSize(): number {
  return testAdapter === undefined
    ? 0
    : subgroupSize(testAdapter.info, testAdapter.features);
}
