import * as kernels from "@edit-transfer/kernels";
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { gpuTest } from "./_test_device.ts";
import { messagesOf } from "./_test_null_device.ts";

const FOLDER = new URL("../../../kernels/", import.meta.url);

Deno.test("every .wgsl file compiles as it stands", async () => {
  const files = (await readdir(FOLDER)).filter((name) =>
    name.endsWith(".wgsl")
  );
  assert.ok(files.length > 10);
  for (const file of files) {
    const code = await readFile(new URL(file, FOLDER), "utf8");
    assert.deepEqual(await messagesOf(code), [], file);
  }
});

gpuTest("every kernel compiles", {}, async (gpu) => {
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
