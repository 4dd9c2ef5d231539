import { gpuInfo } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runCli } from "./_run_cli.ts";

interface Report {
  readonly adapter: string;
  readonly rows: readonly {
    readonly bucket: string;
    readonly variant: string;
    readonly microseconds: number;
    readonly suggestedMicroseconds: number;
  }[];
}

const adapter = await gpuInfo();

Deno.test({
  name: `doctor --tune measures kernels and keeps what it found${
    adapter === undefined ? " (no adapter: run .ci/install_vulkan.sh)" : ""
  }`,
  ignore: adapter === undefined,
  async fn() {
    const cwd = await mkdtemp(join(os.tmpdir(), "doctor-"));
    try {
      const { code, stdout, stderr } = await runCli(
        ["doctor", "--tune", "--json"],
        { cwd, env: { ...await otherCaches(), XDG_CACHE_HOME: cwd } },
      );
      assert.equal(code, 0, stderr);
      const { adapter: tuned, rows } = JSON.parse(stdout) as Report;
      assert.equal(tuned, adapter!.description);
      const buckets = new Set(rows.map(({ bucket }) => bucket));
      assert.equal(buckets.size, rows.length);
      for (
        const expected of [
          "gemm 64x1024x256 bf16",
          "gemm 64x256x1024 bf16 nn", // gradient by its input
          "conv2d 4096x16x256 f32",
        ]
      ) assert.ok(buckets.has(expected), expected);
      for (const { bucket, variant, ...row } of rows) {
        assert.match(variant, /^[a-z]+/);
        assert.ok(row.microseconds > 0, bucket);
        // the suggested one stays unless another is faster
        assert.ok(row.microseconds <= row.suggestedMicroseconds, bucket);
      }
      const folder = join(cwd, "edit-transfer", "tuning");
      const files = await readdir(folder);
      assert.equal(files.length, 1);
      const kept = JSON.parse(await readFile(join(folder, files[0]!), "utf8"));
      assert.deepEqual(new Set(Object.keys(kept.kernels)), buckets);
    } finally {
      await rm(cwd, { recursive: true });
    }
  },
});

/** Where Deno and Mesa keep what they need, as the cache folder is another one. */
async function otherCaches(): Promise<Record<string, string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  const { XDG_CACHE_HOME, HOME, MESA_SHADER_CACHE_DIR } = process.env;
  const mesa = MESA_SHADER_CACHE_DIR ?? XDG_CACHE_HOME ??
    (HOME && join(HOME, ".cache"));
  return {
    DENO_DIR: denoDir,
    ...mesa && { MESA_SHADER_CACHE_DIR: mesa },
  };
}
