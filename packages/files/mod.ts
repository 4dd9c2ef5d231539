/**
 * Files of a program that must not lose any: written whole or not at all,
 * known by their hash; and text of their names that is safe to show.
 *
 * @example Usage
 * ```ts
 * import { atomicWrite, hashFile } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "files-"));
 * await atomicWrite(join(folder, "a"), new TextEncoder().encode("abc"));
 * assert.match(await hashFile(join(folder, "a")), /^ba7816bf/);
 * await rm(folder, { recursive: true });
 * ```
 *
 * @module
 */
export * from "./append_line.ts";
export * from "./atomic_write.ts";
export * from "./cache_folder.ts";
export * from "./env_variable.ts";
export * from "./exists.ts";
export * from "./file_key.ts";
export * from "./hash_file.ts";
export * from "./hash_text.ts";
export {
  type JsonLine,
  jsonLines,
  jsonText,
  parseForeignJson,
  parseJson,
  RuleError,
} from "./json_text.ts";
export * from "./lock.ts";
export { openFault, openOrdinary } from "./open_ordinary.ts";
export * from "./output_fault.ts";
export * from "./path_on_disk.ts";
export * from "./printable.ts";
export * from "./read_json.ts";
export * from "./read_ordinary.ts";
export * from "./read_text.ts";
export * from "./replace_folder.ts";
export { type JsonScan, MAX_JSON_DEPTH, scanJson } from "./scan_json.ts";
