import { exists, refuseDeadLink } from "@edit-transfer/files";
import { FormatError } from "@edit-transfer/weights";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Pipelines whose folders hold the parts that an edit needs. */
const PIPELINES = /^Flux(Inpaint|Img2Img)?Pipeline$/;

/** Reads a JSON file of a model folder, or says in a sentence why not. */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as { readonly code?: string | undefined };
    if (code === "ENOENT") await refuseDeadLink(path);
    throw new Error(
      `Cannot read "${path}" as the model folder must hold it: got ${
        code === "ENOENT" ? "no such file" : code
      }`,
      { cause },
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as SyntaxError;
    throw new FormatError(
      `Cannot read "${path}" as it must be JSON: got ${message}`,
      { path, cause },
    );
  }
}

/** Whether a path is a folder in the layout of diffusers. */
export function hasPipelineIndex(folder: string): Promise<boolean> {
  return exists(join(folder, "model_index.json"));
}

/** Refuses a folder whose `model_index.json` is of another pipeline. */
export async function checkPipelineIndex(folder: string): Promise<void> {
  const path = join(folder, "model_index.json");
  const index = await readJson(path);
  const name = (index as { readonly _class_name?: unknown } | null)
    ?._class_name;
  if (typeof name === "string" && PIPELINES.test(name)) return;
  throw new FormatError(
    `Cannot read "${path}" as the pipeline must be FluxPipeline: got ${
      typeof name === "string" ? name : "none"
    }`,
    { path },
  );
}
