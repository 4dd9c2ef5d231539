import { hashText } from "@edit-transfer/files";
import {
  FormatError,
  memoryWeights,
  openSafetensors,
  type TensorData,
  WeightError,
  type WeightSource,
  widen,
  writeSafetensors,
} from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { HostTensor } from "./host_tensor.ts";

/** Element types that encodings are kept in. */
export type CacheDType = "F32" | "F16" | "BF16";

/** Everything that an encoding depends on. */
export type CacheKey = Readonly<Record<string, string | number>>;

/** What a cache did so far. */
export interface CacheCounts {
  /** Encodings that were found. */
  read: number;
  /** Encodings that were made. */
  encoded: number;
  /** Of these, ones that replaced a damaged file. */
  replaced: number;
}

/** Options of {@linkcode EncodingCache}. */
export interface EncodingCacheOptions {
  /**
   * Element type of the files.
   *
   * @default {"F32"}
   */
  readonly dtype?: CacheDType | undefined;
}

/**
 * Encodings on disk, each under the SHA-256 of what it depends on.
 *
 * A file that is cut short, altered or made for something else is replaced.
 *
 * @example Usage
 * ```ts
 * import { EncodingCache } from "@edit-transfer/dataset";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "cache-"));
 * const cache = new EncodingCache(folder);
 * const key = { content: "0123", model: "4567" };
 * for (let i = 0; i < 2; i++) {
 *   await cache.get(key, () =>
 *     Promise.resolve({ x: { shape: [2], data: Float32Array.of(1, 2) } }));
 * }
 * assert.deepEqual(cache.counts, { read: 1, encoded: 1, replaced: 0 });
 * await rm(folder, { recursive: true });
 * ```
 */
export class EncodingCache {
  /** Folder of the files. */
  readonly folder: string;
  /** What was found and made so far. */
  readonly counts: CacheCounts = { read: 0, encoded: 0, replaced: 0 };
  readonly #dtype: CacheDType;

  /**
   * Nothing is read or written yet.
   *
   * @param folder Folder of the files, made when it is needed.
   * @param options See {@linkcode EncodingCacheOptions}.
   */
  constructor(folder: string, options: EncodingCacheOptions = {}) {
    this.folder = folder;
    this.#dtype = options.dtype ?? "F32";
  }

  /**
   * An encoding, from its file or else made and written.
   *
   * @param key Everything it depends on, besides the element type.
   * @param encode Makes it.
   * @returns Arrays by name, rounded to the element type of the cache.
   *
   * @throws {RangeError} If a value that was made is not finite.
   * @throws {Error} If the file cannot be written.
   */
  async get(
    key: CacheKey,
    encode: () => Promise<Readonly<Record<string, HostTensor>>>,
  ): Promise<Readonly<Record<string, HostTensor>>> {
    return await this.find(key) ?? await this.put(key, await encode());
  }

  /**
   * An encoding from its file.
   *
   * @param key Everything it depends on, besides the element type.
   * @returns Arrays by name; undefined where there is no sound file.
   */
  async find(
    key: CacheKey,
  ): Promise<Readonly<Record<string, HostTensor>> | undefined> {
    const { path, text } = this.#place(key);
    const found = await readEntry(path, text);
    if (typeof found === "object") {
      this.counts.read++;
      return found;
    }
    if (found === "damaged") this.counts.replaced++;
    return undefined;
  }

  /**
   * Writes an encoding, in place of the file that may be there.
   *
   * @param key Everything it depends on, besides the element type.
   * @param made Arrays by name.
   * @returns The same, rounded to the element type of the cache.
   *
   * @throws {RangeError} If a value is not finite.
   * @throws {Error} If the file cannot be written.
   */
  async put(
    key: CacheKey,
    made: Readonly<Record<string, HostTensor>>,
  ): Promise<Readonly<Record<string, HostTensor>>> {
    const { path, text } = this.#place(key);
    const tensors: Record<string, TensorData> = {};
    for (const [name, { shape, data }] of Object.entries(made)) {
      checkFinite(name, data);
      tensors[name] = { dtype: this.#dtype, shape, data };
    }
    const { arrays, digest } = await readArrays(memoryWeights(tensors));
    for (const [name, { data }] of Object.entries(arrays)) {
      checkFinite(`${name} in ${this.#dtype}`, data);
    }
    await mkdir(this.folder, { recursive: true });
    await writeSafetensors(path, tensors, { metadata: { key: text, digest } });
    this.counts.encoded++;
    return arrays;
  }

  /** File of an encoding, and its key as text. */
  #place(key: CacheKey): { path: string; text: string } {
    const text = JSON.stringify(
      Object.entries({ ...key, dtype: this.#dtype }).sort(([a], [b]) =>
        a < b ? -1 : 1
      ),
    );
    return { path: join(this.folder, `${hashText(text)}.safetensors`), text };
  }
}

/** All arrays of a source, and the SHA-256 of their bytes. */
async function readArrays(source: WeightSource) {
  const hash = createHash("sha256");
  const arrays: Record<string, HostTensor> = {};
  for (const name of [...source.names()].sort()) {
    const { dtype, shape } = source.info(name);
    const bytes = await source.read(name);
    hash.update(`${name} ${dtype} [${shape}] `).update(bytes);
    arrays[name] = { shape, data: widen(bytes, dtype) };
  }
  return { arrays, digest: hash.digest("hex") };
}

async function readEntry(
  path: string,
  key: string,
): Promise<Record<string, HostTensor> | "missing" | "damaged"> {
  try {
    await using file = await openSafetensors(path);
    const { arrays, digest } = await readArrays(file);
    const isSound = file.metadata.key === key &&
      file.metadata.digest === digest;
    return isSound ? arrays : "damaged";
  } catch (error) {
    if (error instanceof WeightError) return "missing";
    if (error instanceof FormatError || error instanceof TypeError) {
      return "damaged";
    }
    throw error;
  }
}

function checkFinite(name: string, data: Float32Array): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return;
  throw new RangeError(
    `Cannot cache encoding "${name}" as its values must be finite: got ${
      data[at]
    } at ${at} of ${data.length}`,
  );
}
