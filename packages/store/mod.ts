/**
 * Files that several machines share: in a folder that all of them have, or in an
 * S3-compatible store, under the same keys and with the same promises.
 *
 * @example Usage
 * ```ts
 * import { openStore } from "@edit-transfer/store";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "store-"));
 * const store = await openStore(folder); // or "s3://bucket/prefix"
 * await store.write("inputs/a.png", Uint8Array.of(1, 2, 3));
 * assert.deepEqual(await store.read("inputs/a.png"), Uint8Array.of(1, 2, 3));
 * assert.equal(await store.read("inputs/b.png"), undefined);
 * await rm(folder, { recursive: true });
 * ```
 *
 * @module
 */
export * from "./back_off.ts";
export * from "./byte_store.ts";
export * from "./cached_input.ts";
export * from "./folder_store.ts";
export * from "./open_store.ts";
export * from "./s3_store.ts";
export * from "./transient_error.ts";
