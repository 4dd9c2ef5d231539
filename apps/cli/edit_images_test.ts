import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { fixture, inFolder } from "./_run_cli.ts";
import { readInputs } from "./edit_images.ts";

Deno.test("readInputs() reads each file once, and passes notices on", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.gif`;
    const { integers } = readGolden("pictures/colours");
    await writeFile(path, Uint8Array.from(integers["animated.gif"]!));
    const demo = (name: string) => ({
      path: fixture(`demo/0000/${name}.png`),
    });
    const named = {
      isComposite: false,
      earlier: undefined,
      inputs: {
        before: demo("source"),
        after: demo("edited"),
        query: { path },
      },
    };
    const inputs = await readInputs(named);
    assert.equal(inputs.images.query.width, 8);
    assert.match(inputs.hashes.query, /^[0-9a-f]{64}$/);
    assert.deepEqual(inputs.notices, [
      `"${path}" holds 2 pictures: the first is read`,
    ]);
  });
});
