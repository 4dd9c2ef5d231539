/**
 * The embedded model: a FLUX model folder of 12 MB that knows drawn figures.
 *
 * @example Usage
 * ```ts
 * import { microFolder } from "@edit-transfer/micro";
 * import assert from "node:assert/strict";
 * import { existsSync } from "node:fs";
 *
 * assert.ok(existsSync(`${microFolder()}/model_index.json`));
 * ```
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/**
 * Folder of the embedded model on this machine, in the layout of diffusers.
 *
 * @returns Absolute path.
 *
 * @example Usage
 * ```ts
 * import { microFolder } from "@edit-transfer/micro";
 * import assert from "node:assert/strict";
 *
 * assert.match(microFolder(), /micro$/);
 * ```
 */
export function microFolder(): string {
  return fileURLToPath(new URL(".", import.meta.url)).replace(/[\\/]$/, "");
}
