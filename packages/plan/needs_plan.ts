import type { DeviceChoice } from "@edit-transfer/tensor";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of weight files from which on the cpu may not hold all. */
const LARGE = 2 ** 29;

/**
 * Whether a model may be more than the tensors of the cpu can take, so that its
 * memory should be planned though no limit is given.
 *
 * @param path Model folder or weight file.
 * @param device Device that the model will run on.
 * @returns Whether a plan is needed.
 *
 * @throws {Error} If there is nothing at the path.
 *
 * @example Usage
 * ```ts
 * import { needsPlan } from "@edit-transfer/plan";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await needsPlan("models/micro", "cpu"), false);
 * ```
 */
export async function needsPlan(
  path: string,
  device: DeviceChoice,
): Promise<boolean> {
  return device !== "webgpu" && await weightBytes(path) >= LARGE;
}

/** Bytes of the weight files of a model, or of the one that is named. */
async function weightBytes(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  let bytes = 0;
  for (const folder of [path, join(path, "transformer")]) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!/\.(safetensors|gguf)$/i.test(name)) continue;
      const file = await stat(join(folder, name)).catch(() => undefined);
      bytes += file?.size ?? 0; // of a broken link, which loading tells
    }
  }
  return bytes;
}
