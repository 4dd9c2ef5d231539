import * as kernels from "@edit-transfer/kernels";
import assert from "node:assert/strict";
import { gpuTest } from "./_test_device.ts";

gpuTest("every kernel compiles as it stands in its file", {}, async (gpu) => {
  const sources = Object.entries(kernels).filter(([name]) =>
    name.endsWith("Wgsl")
  ).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  assert.ok(sources.length > 10);
  for (const [name, code] of sources) {
    const module = gpu.gpu.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    assert.deepEqual(messages.map(({ message }) => message), [], name);
  }
  await gpu.sync();
});
