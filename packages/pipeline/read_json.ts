import {
  exists,
  readJson as readJsonFile,
  refuseDeadLink,
} from "@edit-transfer/files";
import { FormatError } from "@edit-transfer/weights";
import { join } from "node:path";

/** Pipelines whose folders hold the parts that an edit needs. */
const PIPELINES = /^Flux(Inpaint|Img2Img)?Pipeline$/;

/** Reads a JSON file of a model folder. */
export async function readJson(path: string): Promise<unknown> {
  if (!await exists(path)) await refuseDeadLink(path);
  return await readJsonFile(path, {
    what: "model file",
    fail: (message, { cause }) => new FormatError(message, { path, cause }),
  });
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
