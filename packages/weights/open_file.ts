import { openFault, openOrdinary, refuseDeadLink } from "@edit-transfer/files";
import type { FileHandle } from "node:fs/promises";
import { WeightError } from "./weight_error.ts";

/** Opens a file for reading, with a plain sentence where that fails. */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    return await openOrdinary(path);
  } catch (cause) {
    const { code } = cause as { readonly code?: string | undefined };
    if (code === "ENOENT") await refuseDeadLink(path);
    throw new WeightError(
      code === "ENOENT"
        ? `Weights not found: "${path}"`
        : `Cannot open weights "${path}": ${openFault(cause)}`,
      { path, cause },
    );
  }
}
