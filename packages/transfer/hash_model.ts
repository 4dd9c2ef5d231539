import { hashFile } from "@edit-transfer/files";
import { modelHash } from "@edit-transfer/pipeline";
import type { ModelChoice } from "./choose_model.ts";

/** Hashes of all that decides what a model makes of its inputs. */
export interface ModelHash {
  /** Of the model, see `modelHash` of the pipeline package. */
  readonly sha256: string;
  /** Of its LoRAs. */
  readonly loras: readonly {
    readonly path: string;
    readonly scale: number;
    readonly sha256: string;
  }[];
}

/**
 * SHA-256 of a model and of its LoRAs.
 *
 * @param choice From {@linkcode chooseModel}, or the loaded model.
 * @returns Hashes of 64 hexadecimal digits.
 *
 * @throws {Error} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { chooseModel, hashModel } from "@edit-transfer/transfer";
 * import assert from "node:assert/strict";
 *
 * const { sha256, loras } = await hashModel(await chooseModel());
 * assert.match(sha256, /^[0-9a-f]{64}$/);
 * assert.equal(loras[0]?.scale, 1);
 * ```
 */
export async function hashModel(choice: ModelChoice): Promise<ModelHash> {
  const loras = [];
  for (const { path, scale = 1 } of choice.loras) {
    loras.push({ path, scale, sha256: await hashFile(path) });
  }
  return { sha256: await modelHash(choice.path), loras };
}
