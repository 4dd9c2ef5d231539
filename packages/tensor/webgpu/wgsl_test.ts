import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { gpuTest } from "./_test_device.ts";
import { messagesOf } from "./_test_null_device.ts";
import { include } from "./include.ts";

/** Texts of all .wgsl files, by name. */
const SOURCES = new Map<string, string>();
const folder = new URL("..", import.meta.url);
for await (const path of glob("**/*.wgsl", { cwd: folder })) {
  SOURCES.set(basename(path), await readFile(new URL(path, folder), "utf8"));
}

Deno.test("every .wgsl file compiles as it stands", async () => {
  assert.ok(SOURCES.size > 10);
  for (const [file, code] of SOURCES) {
    assert.deepEqual(await messagesOf(code), [], file);
  }
});

gpuTest("every kernel compiles", {}, async (gpu) => {
  const rows = SOURCES.get("rows.wgsl")!;
  for (const [file, source] of SOURCES) {
    const code = source.includes("// @include rows.wgsl")
      ? include(source, ["rows.wgsl", rows])
      : source;
    const module = gpu.gpu.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    assert.deepEqual(messages.map(({ message }) => message), [], file);
  }
  await gpu.sync();
});
