import { mergeLora, readLora } from "@edit-transfer/lora";
import {
  print,
  Progress,
  required,
  UsageError,
  warn,
} from "@edit-transfer/terminal";
import { openSafetensors, openWeights } from "@edit-transfer/weights";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { copyModel } from "../copy_model.ts";
import { checkModel, chooseModel } from "../model_choice.ts";
import type { Context, Verb } from "../verb.ts";

/** Flags of `lora merge`. */
interface LoraMergeFlags {
  readonly model?: string;
  readonly lora?: readonly string[];
  readonly output?: string;
  readonly allowUnmatched?: true;
  readonly quiet?: true;
}

/** `lora merge`: a model folder with a LoRA in its weights. */
export const verb: Verb = (command, context) => {
  command
    .option("--model <dir>", "model folder (default: the embedded model)")
    .option("--lora <file...>", "LoRA FILE [SCALE], required")
    .option("-o, --output <dir>", "model folder to write, required")
    .option("--allow-unmatched", "leave out layers that the model has not")
    .option("--quiet", "no progress and no notices")
    .action((flags) => run(flags, context));
};

async function run(flags: LoraMergeFlags, { signal }: Context): Promise<void> {
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
  const progress = new Progress({ quiet, units: ["arrays", "array"] });
  progress.start();
  try {
    await copyModel({ from, to: output }, async (folder) => {
      const { matched } = await mergeLora(weights, lora, {
        output: join(folder, "diffusion_pytorch_model.safetensors"),
        scale: chosen.scale,
        allowUnmatched: flags.allowUnmatched === true,
        onProgress: (written, total) =>
          progress.step(written, total, { label: "merge" }),
        signal,
      });
      progress.end();
      if (quiet === true) return;
      warn(
        `Merged ${matched.length} of ${lora.pairs.size} layers at scale ${chosen.scale}`,
      );
    });
  } finally {
    progress.end();
  }
  print(output);
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
