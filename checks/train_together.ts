/**
 * Trains two and three LoRAs of the embedded model at once on one data set that
 * each of them would draw and encode, and compares their bytes with those of a
 * run alone. Prints a Markdown table; the exit code is 1 if a run ended otherwise.
 *
 * Usage: deno run -A checks/train_together.ts [--times 20] [--seed 1]
 */
import { SeededRandom } from "@edit-transfer/dataset";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

const MAIN = new URL("../apps/train/main.ts", import.meta.url).pathname;
const MICRO = new URL("../models/micro", import.meta.url).pathname;

const { values: flags } = parseArgs({
  options: {
    times: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
  },
});
const random = new SeededRandom(Number(flags.seed));

/** Sets that are drawn: cases, and edits on three figures each. */
const FIGURES = [{ count: 40, seed: 5 }, { count: 6, identities: 3, seed: 5 }];

function configText(folder: string, name: string, round: number): string {
  return JSON.stringify({
    config: {
      name,
      process: [{
        type: "sd_trainer_inpaint",
        training_folder: folder,
        device: "cpu",
        network: { linear: 2, network_kwargs: { only_if_contains: ["to_q"] } },
        save: { save_every: 1, max_step_saves_to_keep: 1 },
        datasets: [{
          figures: FIGURES[round % FIGURES.length],
          caption_template: "four panels: plain, {edit}, plain, {edit}",
        }],
        train: { steps: 2, lr: 1e-3, batch_size: 2 },
        model: { name_or_path: MICRO },
        sample: { count: 0 },
        validation: { every: 2, count: 1, sigmas: [0.5] },
      }],
    },
  });
}

/** Runs a training; gives the SHA-256 of its LoRAs, or what it said. */
async function train(folder: string, name: string, round: number) {
  const config = join(folder, `${name}.json`);
  await writeFile(config, configText(folder, name, round));
  const child = spawn(Deno.execPath(), [
    ...["run", "-A", "--no-check", MAIN, "--config", config, "--quiet"],
  ]);
  let errors = "";
  child.stderr.on("data", (chunk) => errors += chunk);
  child.stdout.resume();
  const code = await new Promise((done) => child.on("close", done));
  if (code !== 0) return `exit code ${code}: ${errors.trim()}`;
  const hash = createHash("sha256");
  for (const end of ["", "_ema"]) {
    hash.update(
      await readFile(join(folder, name, `${name}${end}.safetensors`)),
    );
  }
  return hash.digest("hex");
}

/** Unfinished files and locks of ended runs. */
async function leftovers(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /\.(tmp|part|lock)$/.test(name));
}

const folder = await mkdtemp(join(tmpdir(), "train-together-"));
const alone: string[] = [];
for (const round of FIGURES.keys()) {
  const own = join(folder, `alone-${round}`);
  await Deno.mkdir(own);
  alone.push(await train(own, "alone", round));
}
process.stdout.write(
  "| at once | times | same bytes as alone | files left over |\n" +
    "| --- | --- | --- | --- |\n",
);
let sound = true;
for (const count of [2, 3]) {
  let same = 0;
  let left = 0;
  for (let round = 0; round < Number(flags.times); round++) {
    const own = await mkdtemp(join(folder, `${count}-`));
    const ends = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        await setTimeout(1500 * random.uniform());
        return await train(own, `run${i}`, round);
      }),
    );
    const wanted = alone[round % alone.length];
    const others = ends.filter((end) => end !== wanted);
    for (const end of others) process.stderr.write(`round ${round}: ${end}\n`);
    if (others.length === 0) same++;
    left += (await leftovers(own)).length;
    await rm(own, { recursive: true });
  }
  sound &&= same === Number(flags.times) && left === 0;
  process.stdout.write(`| ${count} | ${flags.times} | ${same} | ${left} |\n`);
}
await rm(folder, { recursive: true });
process.exitCode = sound ? 0 : 1;
