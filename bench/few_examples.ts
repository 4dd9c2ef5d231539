/**
 * Trains LoRAs from a few examples of the unseen types of edit, and measures
 * what they gain and what the seen types lose.
 *
 * An example is one edit on two people. The recipe is a config; each cell
 * replaces its data, its seed, and what `--set` names.
 *
 * Usage: deno run -A bench/few_examples.ts --examples 2,4,8 --seeds 1,2,3 [--types waving] [--out DIR] [--set key=value …]
 */
import {
  CONDITIONS,
  type DrawnSet,
  drawnSets,
  evaluate,
  openEditor,
  reportOf,
} from "@edit-transfer/evaluate";
import { UNSEEN_EDIT_TYPES } from "@edit-transfer/figures";
import { openDevice } from "@edit-transfer/tensor";
import { appendFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

const ALL = UNSEEN_EDIT_TYPES.map(({ name }) => name);
const SHARED =
  'caption_template: "four panels: plain, {edit}, plain, {edit}", caption_dropout_rate: 0.2, resolution: [128]';

const { values: flags } = parseArgs({
  options: {
    config: { type: "string", default: "configs/few_examples.yaml" },
    examples: { type: "string", default: "2,4,8" },
    seeds: { type: "string", default: "1,2,3" },
    types: { type: "string" },
    "data-seed": { type: "string", default: "9100" },
    "case-seed": { type: "string", default: "901" },
    count: { type: "string", default: "72" },
    seen: { type: "string", default: "64" },
    steps: { type: "string", default: "4" },
    out: { type: "string", default: "out/few_examples" },
    name: { type: "string", default: "recipe" },
    set: { type: "string", multiple: true, default: [] },
  },
});
const numbers = (text: string) => text.split(",").map(Number);

await mkdir(flags.out, { recursive: true });
for (const examples of numbers(flags.examples)) {
  for (const seed of numbers(flags.seeds)) {
    const types = flags.types?.split(",") ?? ALL;
    const data = dataOf(examples, seed, types);
    const { lora, seconds, trained } = await train(data, examples, seed);
    const scores = await measure(lora, types);
    const row = {
      name: flags.name,
      examples,
      seed,
      ...flags.types && { types },
      set: flags.set,
      trained,
      seconds: Math.round(seconds),
      ...scores,
    };
    process.stdout.write(`${JSON.stringify(row)}\n`);
    await appendFile(
      join(flags.out, "rows.jsonl"),
      `${JSON.stringify(row)}\n`,
    );
  }
}

/** A data set for each type, of as many examples, as YAML. */
function dataOf(
  examples: number,
  seed: number,
  types: readonly string[],
): string {
  const sets = types.map((type) =>
    `{figures: {split: unseen, seed: ${
      Number(flags["data-seed"]) + seed
    }, count: ${examples}, identities: 2, types: [${type}]}, ${SHARED}}`
  );
  return `[${sets.join(", ")}]`;
}

/** Trains by the config on the examples. */
async function train(data: string, examples: number, seed: number) {
  const name = `${flags.name}_${examples}_${seed}`;
  await rm(join(flags.out, name), { recursive: true, force: true });
  const start = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "apps/train/main.ts"],
      ...["--config", flags.config],
      ...["--set", `name=${name}`],
      ...["--set", `training_folder=${flags.out}`],
      ...["--set", `datasets=${data}`],
      ...["--set", `train.seed=${seed}`],
      ...flags.set.flatMap((one) => ["--set", one]),
    ],
  }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(text.decode(stderr).slice(-2000));
  const lora = text.decode(stdout).match(/wrote (\S+\.safetensors)/)?.[1];
  if (lora === undefined) throw new Error(text.decode(stdout));
  const trained = text.decode(stderr).split(/[\r\n]/).at(-2)?.trim();
  return { lora, trained, seconds: (performance.now() - start) / 1000 };
}

/** Gains of a LoRA, unseen types and seen types. */
async function measure(lora: string, only: readonly string[]) {
  using device = await openDevice("cpu", { threads: 1 });
  await using editor = await openEditor(undefined, {
    device,
    steps: Number(flags.steps),
    loras: [{ path: lora }],
  });
  const run = async (name: string, count: number) => {
    if (count === 0) return undefined;
    const conditions = CONDITIONS.filter((one) => one.name === name);
    const sets = drawnSets({ seed: Number(flags["case-seed"]), count });
    const chosen = {
      ...sets,
      drawn: async (which: DrawnSet) =>
        (await sets.drawn(which)).filter(({ types }) =>
          only.includes(types[0]!)
        ),
    };
    const results = await Array.fromAsync(
      evaluate(editor, { sets: chosen, conditions }),
    );
    return reportOf(results, {}).conditions[0]!;
  };
  const unseen = await run("unseen", Number(flags.count));
  const seen = await run("right", Number(flags.seen));
  const three = (value: number | null | undefined) =>
    value == null ? null : Number(value.toFixed(3));
  return {
    unseen: three(unseen?.values.gain),
    ...unseen && {
      types: Object.fromEntries(
        Object.entries(unseen.types).map(([name, { values }]) => [
          name,
          three(values.gain),
        ]),
      ),
    },
    seen: three(seen?.values.gain),
    keep: three(seen?.values.keep),
  };
}
