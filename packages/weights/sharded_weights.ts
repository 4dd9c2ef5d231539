import { exists } from "@edit-transfer/files";
import { LIMITS } from "@edit-transfer/files/limits";
import { basename, dirname, join } from "node:path";
import { FormatError } from "./format_error.ts";
import { isJsonObject, parseJsonObject, quoted } from "./json_object.ts";
import { openFile } from "./open_file.ts";
import { missingWeight } from "./require_tensor.ts";
import { readRows } from "./read_rows.ts";
import { openSafetensors } from "./safetensors_file.ts";
import type { WeightSource } from "./weight_source.ts";

/** Opens the shards that an index file lists, as one source. */
export async function openSharded(indexPath: string): Promise<WeightSource> {
  const weightMap = await readIndex(indexPath);
  const folder = dirname(indexPath);
  const shards = new Map<string, WeightSource>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const file of new Set(weightMap.values())) {
      shards.set(file, await openShard(indexPath, join(folder, file)));
    }
    checkShards(indexPath, weightMap, shards);
  } catch (error) {
    await close();
    throw error;
  }
  const path = indexPath;
  const names = () => weightMap.keys();
  const shardOf = (name: string) => {
    const file = weightMap.get(name);
    if (file === undefined) throw missingWeight({ path, names }, name);
    return shards.get(file)!;
  };
  const [first] = shards.values();
  return {
    path,
    metadata: first?.metadata ?? {},
    names,
    has: (name) => weightMap.has(name),
    info: (name) => shardOf(name).info(name),
    // deno-lint-ignore require-await
    read: async (name) => shardOf(name).read(name),
    // deno-lint-ignore require-await
    readRows: async (name, rows, into) =>
      readRows(shardOf(name), name, rows, into),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Opens a shard; one that is not there is a fault of the index. */
async function openShard(index: string, path: string): Promise<WeightSource> {
  if (await exists(path)) return await openSafetensors(path);
  throw new FormatError(
    `Cannot read index "${index}" as all files that it lists must be there: got no "${
      basename(path)
    }"`,
    { path: index },
  );
}

/** `weight_map` of an index: shard file by name of the array. */
export async function readIndex(path: string): Promise<Map<string, string>> {
  const handle = await openFile(path);
  let bytes: Uint8Array;
  try {
    const { size } = await handle.stat();
    const [, most] = LIMITS.headerBytes;
    if (size > most) {
      throw new FormatError(
        `Cannot read index "${path}" as it is at most ${most} bytes: got ${size}`,
        { path },
      );
    }
    bytes = await handle.readFile();
  } finally {
    await handle.close();
  }
  const { weight_map } = parseJsonObject(bytes, path, "index");
  if (!isJsonObject(weight_map)) {
    throw new FormatError(
      `Cannot read index "${path}" as weight_map must map names to files: got ${
        quoted(weight_map)
      }`,
      { path },
    );
  }
  const files = new Map<string, string>();
  for (const [name, file] of Object.entries(weight_map)) {
    // a plain name cannot lead out of the folder
    if (typeof file !== "string" || !/^[^/\\:\0]+\.safetensors$/.test(file)) {
      throw new FormatError(
        `Cannot read index "${path}" as weight_map must name .safetensors files ` +
          `in the same folder: got ${quoted(file)} for ${quoted(name)}`,
        { path },
      );
    }
    files.set(name, file);
  }
  return files;
}

/** Each array must be in the shard that the index names, and in no other. */
function checkShards(
  path: string,
  weightMap: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, WeightSource>,
): void {
  for (const [name, file] of weightMap) {
    if (!shards.get(file)!.has(name)) {
      throw new FormatError(
        `Cannot read index "${path}" as "${file}" must hold what it lists: ` +
          `tensor ${quoted(name)} is not there`,
        { path },
      );
    }
  }
  const holder = new Map<string, string>();
  for (const [file, shard] of shards) {
    for (const name of shard.names()) {
      const other = holder.get(name);
      if (other !== undefined) {
        throw new FormatError(
          `Cannot read index "${path}" as shards must not repeat a tensor: ` +
            `${quoted(name)} is in "${other}" and in "${file}"`,
          { path },
        );
      }
      holder.set(name, file);
      if (!weightMap.has(name)) {
        throw new FormatError(
          `Cannot read index "${path}" as it must list all that its files hold: ` +
            `got none for ${quoted(name)} of "${file}"`,
          { path },
        );
      }
    }
  }
}
