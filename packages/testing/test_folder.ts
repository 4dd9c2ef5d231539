import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A folder that is gone when its scope ends.
 *
 * @returns The folder; `at(name)` is a path in it.
 *
 * @example Usage
 * ```ts
 * import { testFolder } from "@edit-transfer/testing";
 * import assert from "node:assert/strict";
 *
 * await using folder = await testFolder();
 * assert.match(folder.at("a"), /a$/);
 * ```
 */
export async function testFolder(): Promise<
  AsyncDisposable & { at(name: string): string }
> {
  const folder = await mkdtemp(join(tmpdir(), "edit-transfer-"));
  return {
    at: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
