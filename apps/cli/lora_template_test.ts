import { decodeImage } from "@edit-transfer/image";
import {
  openSafetensors,
  type TensorData,
  widen,
  writeSafetensors,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { editArgs, filesIn, fixture, inFolder, runCli } from "./_run_cli.ts";

const LORA = fixture("../models/micro/lora/edit_transfer.safetensors");

/** The embedded model without what it says of edits. */
async function plainModel(path: string): Promise<void> {
  await cp(fixture("../models/micro"), path, { recursive: true });
  const index = `${path}/model_index.json`;
  const { _edit_transfer: _, ...rest } = JSON.parse(
    await readFile(index, "utf8"),
  );
  await writeFile(index, JSON.stringify(rest));
}

Deno.test("lora merge carries the template: words edit as with the LoRA", async () => {
  await inFolder(async (cwd) => {
    await plainModel(`${cwd}/plain`);
    const run = async (...args: string[]) => {
      const { code, stderr } = await runCli(args, { cwd });
      assert.equal(code, 0, stderr);
    };
    const edit = (...args: string[]) =>
      run(...editArgs("--edit", "jumping", ...args));
    await edit("--model", "plain", "--lora", LORA, "-o", "a.png");
    const lora = ["--model", "plain", "--lora", LORA];
    await run("lora", "merge", ...lora, "-o", "merged");
    await edit("--model", "merged", "-o", "b.png");
    const { data: a } = await decodeImage(`${cwd}/a.png`);
    const { data: b } = await decodeImage(`${cwd}/b.png`);
    const off = Math.max(...a.map((level, i) => Math.abs(level - b[i]!)));
    assert.ok(off <= 2, `${off} levels off`);
  });
});

Deno.test("lora merge refuses a template that no later --edit could fill", async () => {
  await inFolder(async (cwd) => {
    await using lora = await openSafetensors(LORA);
    const tensors: Record<string, TensorData> = {};
    for (const name of lora.names()) {
      const { dtype, shape } = lora.info(name);
      const data = widen(await lora.read(name), dtype);
      tensors[name] = { dtype: "F32", shape, data };
    }
    const metadata = { ...lora.metadata, template: "a person" };
    await writeSafetensors(`${cwd}/a.safetensors`, tensors, { metadata });
    const args = ["lora", "merge", "--lora", "a.safetensors", "-o", "merged"];
    const { code, stderr } = await runCli(args, { cwd });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /error: Cannot read ".*model_index\.json" as template must be a text with \{edit\}: got "a person"\n$/,
    );
    assert.deepEqual(filesIn(cwd), ["a.safetensors"]);
  });
});
