import { fillTemplate, REFERENCE_TEMPLATE } from "@edit-transfer/composite";
import { blankImage, encodePng, tileGrid } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "./parse_config.ts";
import { run } from "./run.ts";

Deno.test("train init writes a config with a template that fits, and replaces none", async () => {
  const folder = await mkdtemp(join(tmpdir(), "my edits "));
  try {
    const panel = (level: number) => blankImage(32, 32, [level, 0, 0]);
    const grid = tileGrid([panel(0), panel(60), panel(120), panel(240)]);
    for (const [i, edit] of ["raising arms", "jumping"].entries()) {
      await writeFile(join(folder, `${i}.png`), await encodePng(grid));
      const caption = fillTemplate(REFERENCE_TEMPLATE, edit);
      await writeFile(join(folder, `${i}.txt`), caption);
    }
    const output = join(folder, "config.yaml");
    const args = ["init", folder, "-o", output];
    assert.equal(await run(args), 0);
    const text = await readFile(output, "utf8");
    const { config } = parseConfig(text, { path: output });
    const [{ datasets, network, train }] = config.process as [
      typeof config.process[number],
    ];
    assert.equal(datasets[0]?.folder_path, folder);
    assert.equal(
      datasets[0]?.caption_template,
      "four panels: plain, {edit}, plain, {edit}",
    );
    assert.equal(datasets[0]?.resolution, 128);
    assert.equal(network.pretrained_lora_path, "@edit-transfer/micro");
    assert.equal(train.batch_size, 2);
    assert.equal(await run(args), 2); // it is there
    assert.equal(await readFile(output, "utf8"), text);
  } finally {
    await rm(folder, { recursive: true });
  }
});
