/**
 * Kills a training of the embedded model at random moments, resumes it each time,
 * and compares the bytes of LoRA, average and optimiser with those of a run that
 * nothing stopped. Every checkpoint that a kill leaves is read in full.
 *
 * Usage: deno run -A checks/kill_training.ts [--kills 20] [--steps 8] [--every 2]
 *   [--batch 4] [--seed 1] [--device cpu]
 */
import { SeededRandom } from "@edit-transfer/dataset";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cp,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  listCheckpoints,
  readCheckpoint,
} from "../packages/training/checkpoint.ts";

const MAIN = new URL("../apps/train/main.ts", import.meta.url).pathname;
const MICRO = new URL("../models/micro", import.meta.url).pathname;
const TEMPLATE = "four panels: plain, {edit}, plain, {edit}";

const { values: flags } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    steps: { type: "string", default: "8" },
    every: { type: "string", default: "2" },
    batch: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    device: { type: "string", default: "cpu" },
  },
});
const [kills, steps, every, batch, seed] = [
  flags.kills,
  flags.steps,
  flags.every,
  flags.batch,
  flags.seed,
].map(Number) as [number, number, number, number, number];

const print = (text: string) => process.stdout.write(`${text}\n`);
const folder = await mkdtemp(join(tmpdir(), "kill-training-"));
const run = join(folder, "run");
const config = join(folder, "config.json");
const model = join(folder, "model"); // a copy, which nobody trains anew meanwhile

/** A run with all that the app does: captions left out, validation, samples. */
function configText(): string {
  const figures = { count: 4, identities: 3, seed: 5 };
  return JSON.stringify({
    config: {
      name: "run",
      process: [{
        type: "sd_trainer_inpaint",
        training_folder: folder,
        device: flags.device,
        network: { linear: 16 },
        save: { save_every: every, max_step_saves_to_keep: 2, dtype: "bf16" },
        datasets: [{
          figures,
          caption_template: TEMPLATE,
          caption_dropout_rate: 0.3,
        }],
        train: {
          steps,
          lr: 1e-3,
          batch_size: batch,
          lr_scheduler: "cosine",
          gradient_checkpointing: false,
        },
        model: { name_or_path: model },
        sample: { sample_every: 2 * every, count: 1, sample_steps: 2 },
        validation: { every, count: 1, sigmas: [0.5] },
      }],
    },
  });
}

/** Runs the app, killed after some milliseconds if it is not over. */
async function train(resume: boolean, killAfter?: number) {
  const began = performance.now();
  const args = ["run", "-A", "--no-check", MAIN, "--config", config];
  const child = spawn(Deno.execPath(), resume ? [...args, "--resume"] : args);
  let errors = "";
  child.stderr.on("data", (chunk) => errors += chunk);
  child.stdout.resume();
  const timer = killAfter === undefined
    ? undefined
    : setTimeout(() => child.kill("SIGKILL"), killAfter);
  const code = await new Promise<number | null>((resolve) =>
    child.on("close", resolve)
  );
  clearTimeout(timer);
  if (code !== null) assert.equal(code, 0, errors);
  return { killed: code === null, milliseconds: performance.now() - began };
}

/** SHA-256 of the last checkpoint, the LoRA files, the curve and the samples. */
async function results(): Promise<Record<string, string>> {
  const last = String(steps).padStart(9, "0");
  const found: Record<string, string> = {};
  for (const name of (await readdir(run, { recursive: true })).sort()) {
    if (!/\.(safetensors|json|svg|png)$/.test(name)) continue;
    if (name.startsWith("checkpoints") && !name.includes(last)) continue;
    const bytes = await readFile(join(run, name));
    found[name] = createHash("sha256").update(bytes).digest("hex");
  }
  return found;
}

/** Reads every checkpoint in full; returns the last one's step. */
async function readAll(): Promise<number> {
  const checkpoints = join(run, "checkpoints");
  const names = await listCheckpoints(checkpoints);
  for (const name of names) await readCheckpoint(join(checkpoints, name));
  return Number(names.at(-1) ?? 0);
}

await cp(MICRO, model, { recursive: true });
await writeFile(config, configText());
await train(false); // draws and encodes
await rm(run, { recursive: true });
const { milliseconds } = await train(false);
const straight = await results();
print(
  `straight: ${steps} steps in ${(milliseconds / 1000).toFixed(1)} s, ${
    Object.keys(straight).length
  } files`,
);

const random = new SeededRandom(seed);
let killed = 0;
let finished = 0;
await rm(run, { recursive: true });
while (killed < kills) {
  const wait = milliseconds * (0.1 + random.uniform());
  const outcome = await train(await readAll() > 0, wait);
  const step = await readAll();
  if (outcome.killed) {
    killed++;
    print(
      `kill ${killed} after ${(wait / 1000).toFixed(2)} s: checkpoint ${step}`,
    );
    continue;
  }
  assert.deepEqual(await results(), straight);
  finished++;
  await rm(run, { recursive: true });
}
await train(await readAll() > 0);
assert.deepEqual(await results(), straight);
print(
  `${killed} kills, ${
    finished + 1
  } runs finished after them, each equal to the straight one in all ${
    Object.keys(straight).length
  } files; no checkpoint was unreadable`,
);
await rm(folder, { recursive: true });
