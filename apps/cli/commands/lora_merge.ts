import { lock, replaceFolder } from "@edit-transfer/files";
import { mergeLora, readLora } from "@edit-transfer/lora";
import { readModelSettings, writeModelSettings } from "@edit-transfer/pipeline";
import {
  print,
  Progress,
  required,
  UsageError,
  warn,
} from "@edit-transfer/terminal";
import { openSafetensors, openWeights } from "@edit-transfer/weights";
import {
  constants,
  copyFile,
  cp,
  mkdir,
  readdir,
  stat,
} from "node:fs/promises";
import { join, resolve } from "node:path";
import { checkModel, namedModel } from "../open_model.ts";
import type { Context, Verb } from "../verb.ts";

/** Flags of `lora merge`. */
interface LoraMergeFlags {
  readonly model?: string | undefined;
  readonly lora?: readonly string[] | undefined;
  readonly output?: string | undefined;
  readonly allowUnmatched?: true | undefined;
  readonly quiet?: true | undefined;
}

/** Parts of a model folder besides the transformer. */
const PARTS = [
  "scheduler",
  "text_encoder",
  "text_encoder_2",
  "tokenizer",
  "tokenizer_2",
  "vae",
];

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
  const choice = await namedModel(flags, { ownLora: false });
  const [chosen, ...others] = choice.loras;
  if (chosen === undefined || others.length > 0) {
    throw new UsageError(
      `Cannot merge as there must be one LoRA: got ${choice.loras.length}`,
    );
  }
  await checkModel(choice);
  const from = choice.path;
  await requireFolder(from);
  await using file = await openSafetensors(chosen.path);
  const lora = await readLora(file);
  await using weights = await openWeights(join(from, "transformer"));
  await using _lock = await lock(`${resolve(output)}.lock`, {
    task: `write "${output}"`,
  });
  const progress = new Progress({ quiet, units: ["arrays", "array"] });
  progress.start();
  try {
    await checkNew(output);
    await replaceFolder(output, async (folder) => {
      const transformer = join(folder, "transformer");
      await mkdir(transformer);
      const { matched } = await mergeLora(weights, lora, {
        output: join(transformer, "diffusion_pytorch_model.safetensors"),
        scale: chosen.scale,
        allowUnmatched: flags.allowUnmatched === true,
        onProgress: (written, total) =>
          progress.step(written, total, { label: "merge" }),
        signal,
      });
      await copyRest(from, folder);
      const { template, knows } = await readModelSettings(from);
      await writeModelSettings(folder, {
        template: lora.template ?? template,
        knows,
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

/** Refuses a folder that holds something. */
async function checkNew(path: string): Promise<void> {
  const taken = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new Error(`Cannot write "${path}": it is not a folder`, {
      cause: error,
    });
  });
  if (taken.length === 0) return;
  throw new Error(
    `Cannot write "${path}" as the folder must be new or empty: got ${taken.length} files`,
  );
}

/** Copies a model folder but for the weights of its transformer and its LoRA. */
async function copyRest(from: string, to: string): Promise<void> {
  const mode = constants.COPYFILE_FICLONE; // shares the bytes where it can
  const config = join("transformer", "config.json");
  await copyFile(join(from, config), join(to, config), mode);
  for (const name of await readdir(from)) {
    const copied = PARTS.includes(name) || name === "model_index.json" ||
      /^LICENSE/i.test(name);
    if (!copied) continue;
    await cp(join(from, name), join(to, name), { recursive: true, mode });
  }
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
