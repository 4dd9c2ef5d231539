import type { ByteStore } from "./byte_store.ts";
import { folderStore } from "./folder_store.ts";
import { s3Store } from "./s3_store.ts";

/**
 * The store at an address.
 *
 * @param address A folder, or `s3://bucket/prefix`.
 * @returns The store.
 *
 * @throws {Error} If the address is of another kind.
 *
 * @example Usage
 * ```ts
 * import { openStore } from "@edit-transfer/store";
 * import assert from "node:assert/strict";
 *
 * assert.match((await openStore("shared")).address, /shared$/);
 * await assert.rejects(openStore("ftp://host/edits"), /a folder or s3:/);
 * ```
 */
export async function openStore(address: string): Promise<ByteStore> {
  if (address.startsWith("s3://")) return await s3Store(address);
  const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(address) ?? [];
  if (scheme === undefined) return folderStore(address);
  throw new Error(
    `Cannot use a store at ${scheme} as it must be a folder or s3://bucket/prefix`,
  );
}
