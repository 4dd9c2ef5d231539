/**
 * Mutates weight files (safetensors, NF4 and fp8 in them, GGUF), shard indexes,
 * tokenizers and configs of models: each mutation has
 * to end in an error of ours or in a sound read, never in a crash, a hang or a
 * read outside the file.
 *
 * Usage: deno run -A checks/fuzz_weights.ts [SEED [RUNS]]
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
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
import { fuzzWidened } from "../packages/weights/_fuzz_widened.ts";
import { readConfig } from "../packages/pipeline/read_config.ts";
import { loadTokenizer } from "../packages/text/tokenizer.ts";
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
  report("nf4", await fuzzWidened({ seed, runs, path: at("w.safetensors") }));
  report("tokenizer", await fuzzTokenizer());
  report("quantization_config", await fuzzQuantization());
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

/** Mutates the tokenizer.json of a small T5, and encodes with what is read. */
async function fuzzTokenizer(): Promise<FuzzCounts> {
  const json = JSON.parse(readFileSync(
    new URL(
      "../fixtures/goldens/tokenizers/t5_small/tokenizer.json",
      import.meta.url,
    ),
    "utf8",
  ));
  const vocab = json.model.vocab.slice(0, 40);
  const random = seededRandom(seed);
  await mkdir(at("tokenizer"));
  return await countRuns(runs, async () => {
    const { model, ...steps } = json;
    const mutated = mutateJson(steps, random) as Record<string, unknown>;
    const part = random(4) === 0
      ? mutateJson({ ...model, vocab }, random)
      : { ...model, vocab };
    const text = JSON.stringify({ ...mutated, model: part });
    await writeFile(at("tokenizer/tokenizer.json"), text);
    const tokenizer = await loadTokenizer(at("tokenizer"), { kind: "t5" });
    const { ids } = tokenizer.encode("A small  text\n▁ </s> é");
    if (ids.length !== tokenizer.maxLength) throw new Error("Internal: length");
  });
}

/** Mutates the quantization_config of a part. */
function fuzzQuantization(): Promise<FuzzCounts> {
  const json = {
    quantization_config: {
      quant_method: "bitsandbytes",
      load_in_4bit: true,
      bnb_4bit_quant_type: "nf4",
    },
  };
  const random = seededRandom(seed);
  return countRuns(Math.ceil(runs / 5), async () => {
    await writeFile(
      at("config.json"),
      JSON.stringify(mutateJson(json, random)),
    );
    await readConfig(at("config.json"));
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
