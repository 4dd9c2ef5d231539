import { exists, lock, replaceFolder } from "@edit-transfer/files";
import {
  type LoraFile,
  loraPart,
  mergeLora,
  type ModelPart,
  readLora,
  requireMatch,
} from "@edit-transfer/lora";
import {
  type ModelFolder,
  modelShapes,
  openModelFolder,
  readModelSettings,
  writeModelSettings,
} from "@edit-transfer/pipeline";
import {
  print,
  Progress,
  required,
  UsageError,
  warn,
} from "@edit-transfer/terminal";
import { openSafetensors, type WeightSource } from "@edit-transfer/weights";
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

/** Parts of a model folder in which nothing is merged. */
const OTHER_PARTS = ["scheduler", "tokenizer", "tokenizer_2", "vae"];
/** Parts in which a LoRA may be merged, and the file that is written there. */
const PARTS: readonly (readonly [part: ModelPart, file: string])[] = [
  ["transformer", "diffusion_pytorch_model.safetensors"],
  ["text_encoder", "model.safetensors"],
  ["text_encoder_2", "model.safetensors"],
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
  await using model = await openModelFolder(from);
  const taken = takenLayers(lora, { model, flags });
  const weights: Record<ModelPart, WeightSource> = {
    transformer: model.transformer.weights,
    text_encoder: model.clip.weights,
    text_encoder_2: model.t5.weights,
  };
  await using _lock = await lock(`${resolve(output)}.lock`, {
    task: `write "${output}"`,
  });
  const progress = new Progress({ quiet, units: ["arrays", "array"] });
  progress.start();
  try {
    await checkNew(output);
    await replaceFolder(output, async (folder) => {
      for (const [part, file] of PARTS) {
        const own = loraPart(taken, part);
        if (own.layers.size === 0) {
          await copyPart(from, folder, part);
          continue;
        }
        await mkdir(join(folder, part));
        await copyFile(
          join(from, part, "config.json"),
          join(folder, part, "config.json"),
        );
        await mergeLora(weights[part], own, {
          output: join(folder, part, file),
          scale: chosen.scale,
          onProgress: (written, total) =>
            progress.step(written, total, { label: `merge into ${part}` }),
          signal,
        });
      }
      await copyRest(from, folder);
      const { template, knows } = await readModelSettings(from);
      await writeModelSettings(folder, {
        template: lora.template ?? template,
        knows,
      });
      progress.end();
      if (quiet === true) return;
      for (const notice of lora.notices) warn(notice);
      warn(
        `Merged ${taken.layers.size} of ${lora.layers.size} layers at scale ${chosen.scale}`,
      );
    });
  } finally {
    progress.end();
  }
  print(output);
}

/** The layers of a LoRA that a model has; refuses what `edit` would refuse. */
function takenLayers(
  lora: LoraFile,
  { model, flags }: { model: ModelFolder; flags: LoraMergeFlags },
): Pick<LoraFile, "path" | "layers"> {
  const { matched } = requireMatch(modelShapes(model), {
    file: lora,
    verb: "merge",
    allowUnmatched: flags.allowUnmatched === true,
    flag: "--allow-unmatched",
  });
  const layers = new Map(matched.map((key) => [key, lora.layers.get(key)!]));
  return { path: lora.path, layers };
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

const COPY = constants.COPYFILE_FICLONE; // shares the bytes where it can

/** Copies a part of a model folder, if it is there. */
async function copyPart(from: string, to: string, part: string): Promise<void> {
  if (!await exists(join(from, part))) return;
  await cp(join(from, part), join(to, part), { recursive: true, mode: COPY });
}

/** Copies what is neither a part that was written nor a LoRA. */
async function copyRest(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    const copied = OTHER_PARTS.includes(name) || name === "model_index.json" ||
      /^LICENSE/i.test(name);
    if (copied) await copyPart(from, to, name);
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
