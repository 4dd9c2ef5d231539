/** Files by key, which several machines share. */
export interface ByteStore {
  /** Its address, without a secret. */
  readonly address: string;
  /**
   * Bytes of a file; undefined if there is none.
   *
   * @throws {TransientError} If the store could not be reached.
   */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Whether a file is there. */
  has(key: string): Promise<boolean>;
  /**
   * Writes a file whole or not at all. A key stands for its content: a file that
   * is there already stays as it is.
   *
   * @throws {TransientError} If the store could not be reached.
   */
  write(key: string, bytes: Uint8Array): Promise<void>;
}

/** Longest key in characters, as in S3. */
const LONGEST = 1024;

/**
 * Refuses a key that could name anything but a file in its store: names of
 * letters, digits, `.`, `_` and `-`, joined by `/`, none of which begins with a
 * dot.
 *
 * @param key The key.
 * @returns The key.
 *
 * @throws {Error} If it is another text.
 *
 * @example Usage
 * ```ts
 * import { checkKey } from "@edit-transfer/store";
 * import assert from "node:assert/strict";
 *
 * assert.equal(checkKey("inputs/1f.png"), "inputs/1f.png");
 * assert.throws(() => checkKey("inputs/../../etc/passwd"), /Cannot use the key/);
 * ```
 */
export function checkKey(key: string): string {
  const name = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
  if (
    key.length <= LONGEST && key.split("/").every((part) => name.test(part))
  ) {
    return key;
  }
  throw new Error(
    `Cannot use the key ${
      JSON.stringify(key.slice(0, 80))
    } as it must be names of letters, digits, ".", "_" and "-" joined by "/", none of which begins with a dot`,
  );
}
