import assert from "node:assert/strict";
import { filesIn, inFolder } from "./_run_cli.ts";
import { checkOutput, outputNames } from "./output.ts";

Deno.test("one picture keeps the name, labels of several are added to it", () => {
  const one = outputNames("a/out.png", ["seed_7"]);
  assert.equal(one.image("seed_7"), "a/out.png");
  assert.equal(one.grid("seed_7"), "a/out_grid.png");
  const two = outputNames("a/out.png", ["seed_7", "seed_8"]);
  assert.equal(two.image("seed_7"), "a/out_seed_7.png");
  assert.equal(two.grid("seed_8"), "a/out_seed_8_grid.png");
  assert.equal(two.sheet, "a/out_sheet.png");
});

Deno.test("a name without extension becomes PNG, dots in folders stay", () => {
  assert.equal(outputNames("a.b/out", ["a"]).image("a"), "a.b/out.png");
  assert.equal(outputNames("a.b/out", ["a", "b"]).image("b"), "a.b/out_b.png");
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
