import { mergeLora, readLora } from "@edit-transfer/lora";
import { openSafetensors, openWeights } from "@edit-transfer/weights";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { copyModel } from "../copy_model.ts";
import { UsageError } from "../exit_code.ts";
import { checkModel, chooseModel } from "../model_choice.ts";
import type { Context } from "../program.ts";
import { Progress } from "../progress.ts";
import { required } from "../required.ts";

/** Flags of `lora merge`. */
export interface LoraMergeFlags {
  readonly model?: string;
  readonly lora?: readonly string[];
  readonly output?: string;
  readonly allowUnmatched?: true;
  readonly quiet?: true;
}

/** Writes a model folder with a LoRA in its weights. */
export async function loraMerge(
  flags: LoraMergeFlags,
  { signal }: Context,
): Promise<void> {
  const { quiet } = flags;
  const output = required(flags.output, "merge", "-o DIR");
  required(flags.lora, "merge", "--lora FILE");
  const choice = chooseModel(flags, { ownLora: false });
  const [chosen, ...others] = choice.loras;
  if (chosen === undefined || others.length > 0) {
    throw new UsageError(
      `Cannot merge as there must be one LoRA: got ${choice.loras.length}`,
    );
  }
  await checkModel(choice);
  const from = choice.model.path;
  await requireFolder(from);
  await using file = await openSafetensors(chosen.path);
  const lora = await readLora(file);
  await using weights = await openWeights(join(from, "transformer"));
  const progress = new Progress({
    stream: process.stderr,
    quiet: quiet === true,
    units: ["arrays", "array"],
  });
  progress.start();
  try {
    await copyModel({ from, to: output }, async (folder) => {
      const { matched } = await mergeLora(weights, lora, {
        output: join(folder, "diffusion_pytorch_model.safetensors"),
        scale: chosen.scale,
        allowUnmatched: flags.allowUnmatched === true,
        onProgress: (written, total) => progress.step(written, total, "merge"),
        signal,
      });
      progress.end();
      if (quiet === true) return;
      process.stderr.write(
        `Merged ${matched.length} of ${lora.pairs.size} layers at scale ${chosen.scale}\n`,
      );
    });
  } finally {
    progress.end();
  }
  process.stdout.write(`${output}\n`);
}

/** Refuses single files, in whose names nothing is written. */
async function requireFolder(path: string): Promise<void> {
  const transformer = join(path, "transformer");
  if ((await stat(transformer).catch(() => undefined))?.isDirectory()) return;
  throw new Error(
    `Cannot merge into "${path}" as it must be a model folder of diffusers: got no folder "transformer" in it; ` +
      "--lora of edit takes the LoRA with any model, without a merge",
  );
}
