import { randomUUID } from "node:crypto";
import {
  constants,
  copyFile,
  cp,
  mkdir,
  readdir,
  rename,
  rm,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** Parts of a model folder besides the transformer. */
const PARTS = [
  "scheduler",
  "text_encoder",
  "text_encoder_2",
  "tokenizer",
  "tokenizer_2",
  "vae",
];

/**
 * Copies a model folder whole or not at all, but for the weights of its
 * transformer, which `writeTransformer` puts into the folder that it is given.
 */
export async function copyModel(
  { from, to }: { readonly from: string; readonly to: string },
  writeTransformer: (folder: string) => Promise<void>,
): Promise<void> {
  const taken = await readdir(to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new Error(`Cannot write "${to}": it is not a folder`, {
      cause: error,
    });
  });
  if (taken.length > 0) {
    throw new Error(
      `Cannot write "${to}" as the folder must be new or empty: got ${taken.length} files`,
    );
  }
  const temporary = join(dirname(resolve(to)), `.${randomUUID()}.tmp`);
  try {
    const transformer = join(temporary, "transformer");
    await mkdir(temporary).catch((cause: NodeJS.ErrnoException) => {
      const fault = cause.code === "ENOENT"
        ? `there is no folder "${dirname(to)}"`
        : `the folder "${dirname(to)}" is not writable`;
      throw new Error(`Cannot write "${to}": ${fault}`, { cause });
    });
    await mkdir(transformer);
    await writeTransformer(transformer);
    const mode = constants.COPYFILE_FICLONE; // shares the bytes where it can
    await copyFile(
      join(from, "transformer", "config.json"),
      join(transformer, "config.json"),
      mode,
    );
    for (const name of await readdir(from)) {
      const copied = PARTS.includes(name) || name === "model_index.json" ||
        /^LICENSE/i.test(name);
      if (!copied) continue;
      await cp(join(from, name), join(temporary, name), {
        recursive: true,
        mode,
      });
    }
    await rm(to, { recursive: true, force: true }); // empty
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
