import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { fixture, inFolder } from "./_run_cli.ts";
import type { EditPlan } from "./plan_edit.ts";
import { readInputs } from "./read_inputs.ts";

Deno.test("readInputs() reads each file once, and passes notices on", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.gif`;
    const { integers } = readGolden("pictures/colours");
    await writeFile(path, Uint8Array.from(integers["animated.gif"]!));
    const demo = (name: string) => ({
      name,
      path: fixture(`demo/0000/${name}.png`),
    });
    const plan = {
      inputs: {
        before: demo("source"),
        after: demo("edited"),
        query: { name: "a.gif", path },
      },
    };
    const inputs = await readInputs(plan as EditPlan);
    assert.equal(inputs.images.query.width, 8);
    assert.match(inputs.files.query.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual(inputs.notices, [
      `"${path}" holds 2 pictures: the first is read`,
    ]);
  });
});
