/**
 * Mutates weight files (safetensors and GGUF), shard indexes and configs of models: each mutation has
 * to end in an error of ours or in a sound read, never in a crash, a hang or a
 * read outside the file.
 *
 * Usage: deno run -A checks/fuzz_weights.ts [SEED [RUNS]]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { readFileSync } from "node:fs";
import { parseFluxConfig } from "../packages/dit/config.ts";
import { parseSchedulerConfig } from "../packages/flow/scheduler_config.ts";
import { parseClipTextConfig } from "../packages/text/clip_config.ts";
import { parseT5Config } from "../packages/text/t5_config.ts";
import { parseVaeConfig } from "../packages/vae/config.ts";
import {
  countRuns,
  type FuzzCounts,
  fuzzIndex,
  fuzzSafetensors,
  mutateBytes,
  mutateJson,
  seededRandom,
} from "../packages/weights/_fuzz.ts";
import { fuzzGguf } from "../packages/weights/_fuzz_gguf.ts";
import { parseJsonObject } from "../packages/weights/json_object.ts";

const CONFIGS: Record<string, (json: unknown, path: string) => unknown> = {
  "transformer/config.json": parseFluxConfig,
  "vae/config.json": parseVaeConfig,
  "text_encoder/config.json": parseClipTextConfig,
  "text_encoder_2/config.json": parseT5Config,
  "scheduler/scheduler_config.json": parseSchedulerConfig,
};

const seed = Number(process.argv[2] ?? 1);
const runs = Number(process.argv[3] ?? 100_000);
const folder = await mkdtemp(join(tmpdir(), "fuzz-"));
const at = (name: string) => join(folder, name);

try {
  report(
    "file",
    await fuzzSafetensors({ seed, runs, path: at("x.safetensors") }),
  );
  report("gguf", await fuzzGguf({ seed, runs, path: at("x.gguf") }));
  report("index", await fuzzIndex({ seed, runs: Math.ceil(runs / 20), at }));
  for (const [path, parse] of Object.entries(CONFIGS)) {
    report(path, await fuzzConfig(path, parse));
  }
} finally {
  await rm(folder, { recursive: true });
}

/** Mutates the config of the embedded model, as text and as JSON. */
function fuzzConfig(
  path: string,
  parse: (json: unknown, path: string) => unknown,
): Promise<FuzzCounts> {
  const bytes = readFileSync(
    new URL(`../models/micro/${path}`, import.meta.url),
  );
  const json = JSON.parse(bytes.toString());
  const random = seededRandom(seed);
  return countRuns(Math.ceil(runs / 5), () => {
    const mutated = random(2) === 0
      ? parseJsonObject(mutateBytes(bytes, random), path, "config")
      : mutateJson(json, random);
    parse(mutated, path);
  });
}

function report(name: string, counts: FuzzCounts): void {
  const { accepted, refused, longestMs } = counts;
  process.stdout.write(
    `${name}: ${accepted + refused} mutations, ${refused} refused, ` +
      `${accepted} sound, longest ${longestMs.toFixed(0)} ms\n`,
  );
  if (longestMs > 5000) throw new Error(`Mutation of ${name} took too long`);
}
