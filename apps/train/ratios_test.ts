import { writeCases } from "@edit-transfer/figures";
import { decodeImage, encodePng, tileGrid } from "@edit-transfer/image";
import { readTraining } from "@edit-transfer/lora";
import { runTraining } from "@edit-transfer/training";
import { openSafetensors } from "@edit-transfer/weights";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { parseConfig } from "./parse_config.ts";
import { resolveConfig } from "./resolve_config.ts";

const TEMPLATE = "four panels: plain, {edit}, plain, {edit}";
const SIZES = [[64, 64], [96, 64], [64, 96]] as const;

Deno.test("a run learns from composites and pairs of three ratios, a batch of one", async () => {
  await using folder = await testFolder();
  await mkdir(folder.at("composites"));
  for (const [i, [width, height]] of SIZES.entries()) {
    const size = { width, height };
    await writeCases(folder.at(`pairs${i}`), {
      split: "train",
      seed: i,
      count: 1,
      size,
      template: TEMPLATE,
    });
    const panel = (name: string) =>
      decodeImage(folder.at(`pairs${i}/0000/${name}.png`));
    const grid = tileGrid([
      await panel("source"),
      await panel("edited"),
      await panel("query"),
      await panel("target"),
    ]);
    const name = folder.at(`composites/${i}`);
    await writeFile(`${name}.png`, await encodePng(grid));
    await writeFile(`${name}.txt`, ["jumping", "sitting", "waving"][i]!);
  }
  const datasets = [
    { folder_path: folder.at("composites") },
    ...SIZES.map((_, i) => ({
      folder_path: folder.at(`pairs${i}/cases.jsonl`),
    })),
  ].map((set) => ({ ...set, resolution: [128], caption_template: TEMPLATE }));
  const text = JSON.stringify({
    config: {
      name: "run",
      process: [{
        type: "sd_trainer_inpaint",
        training_folder: folder.at("."),
        device: "cpu",
        network: { linear: 2, network_kwargs: { only_if_contains: ["attn"] } },
        datasets,
        train: { steps: 3, lr: 1e-3, batch_size: 2 },
        model: { name_or_path: "models/micro" },
        sample: { sample_every: 3, count: 3, sample_steps: 1 },
        validation: { every: 3, count: 3, sigmas: [0.5] },
      }],
    },
  });
  const { config } = resolveConfig(parseConfig(text, { path: "config.json" }));
  const progress = { start() {}, step() {}, note() {}, end() {} };
  const { signal } = new AbortController();
  const result = await runTraining(config, { progress, signal });
  assert.equal(result?.step, 3);
  const log = (await readFile(folder.at("run/log.jsonl"), "utf8")).trim()
    .split("\n").map((line) => JSON.parse(line));
  const losses = log.filter(({ event }) => event === "step");
  assert.ok(losses.every(({ loss }) => Number.isFinite(loss) && loss > 0));
  await using lora = await openSafetensors(folder.at("run/run.safetensors"));
  assert.deepEqual(
    new Set(readTraining(lora.metadata).panelShapes?.split(" ")),
    new Set(["64x64", "80x48", "48x80"]),
  );
});
