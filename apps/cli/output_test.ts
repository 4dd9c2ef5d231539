import assert from "node:assert/strict";
import { filesIn, inFolder } from "./_run_cli.ts";
import { checkOutput, outputNames } from "./output.ts";

Deno.test("one seed keeps the name, several are added to it", () => {
  const one = outputNames("a/out.png", [7]);
  assert.equal(one.image(7), "a/out.png");
  assert.equal(one.grid(7), "a/out_grid.png");
  const two = outputNames("a/out.png", [7, 8]);
  assert.equal(two.image(7), "a/out_seed_7.png");
  assert.equal(two.grid(8), "a/out_seed_8_grid.png");
});

Deno.test("a name without extension becomes PNG, dots in folders stay", () => {
  assert.equal(outputNames("a.b/out", [7]).image(7), "a.b/out.png");
  assert.equal(outputNames("a.b/out", [7, 8]).image(8), "a.b/out_seed_8.png");
});

Deno.test({
  name: "checkOutput() refuses a folder that takes no files, and leaves none",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await assert.rejects(checkOutput("/proc/out.png"), {
      message:
        'Cannot write "/proc/out.png": the folder "/proc" is not writable',
    });
    await inFolder(async (folder) => {
      await checkOutput(`${folder}/out.png`);
      assert.deepEqual(filesIn(folder), []);
    });
  },
});
