/**
 * Mutates LoRA files of every style: each mutation has to end in an error of ours
 * or in updates that fit the model.
 *
 * Usage: deno run -A checks/fuzz_loras.ts [SEED [RUNS]]
 */
import { openDevice } from "@edit-transfer/tensor";
import process from "node:process";
import { fuzzStyles } from "../packages/lora/_fuzz_styles.ts";
import { STYLE_CASES, styleModels } from "../packages/lora/_test_styles.ts";

/** Formats, by the names of their cases. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  "PEFT's config": /^peft_(config|pattern|rslora)/,
  "types": /^peft_(f16|bf16|f8|f64|conv|alpha)/,
  "DoRA": /dora/,
  "LoKr": /^(lokr|peft_lokr)/,
  "LoHa": /loha/,
  "differences and biases": /^(full|diff_b|peft_bias)/,
  "norms": /norm|control/,
  "outer layers": /outer/,
  "text encoders": /^(clip|t5|all_parts)/,
  "low rank": /^(peft|kohya|bfl|comfy|xlabs|kontext|onetrainer|old_)/,
  "what is refused": /^(oft|boft|glora|ia3|vera|model|half|wide|bundle)/,
};

const seed = Number(process.argv[2] ?? 1);
const runs = Number(process.argv[3] ?? 100_000);
using device = await openDevice("cpu", { threads: 1 });
using models = await styleModels(device);
for (const [name, pattern] of Object.entries(FORMATS)) {
  const styles = STYLE_CASES.filter((style) => pattern.test(style.name));
  const { shapes } = models;
  const counts = await fuzzStyles(styles, { seed, runs, shapes });
  const { sound, refused, longestMs } = counts;
  process.stdout.write(
    `${name}: ${runs} mutations of ${styles.length} files, ${refused} refused, ` +
      `${sound} sound, longest ${longestMs.toFixed(0)} ms\n`,
  );
  if (longestMs > 5000) throw new Error(`Mutation of ${name} took too long`);
}
