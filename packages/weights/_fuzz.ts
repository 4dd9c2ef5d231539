import { writeFile } from "node:fs/promises";
import { fileOf } from "./_test_file.ts";
import { FormatError } from "./format_error.ts";
import { openWeights } from "./open_weights.ts";
import { parseHeader, parseHeaderSize } from "./safetensors_header.ts";
import { safetensorsParts } from "./safetensors_writer.ts";
import { WeightError } from "./weight_error.ts";

/** What became of the mutations. */
export interface FuzzCounts {
  /** Mutations that were still sound. */
  accepted: number;
  /** Mutations that were refused with an error of ours. */
  refused: number;
  /** Longest time that one mutation took, in ms. */
  longestMs: number;
}

/** Uniform integers in [0, n) that depend on the seed alone. */
export type Random = (n: number) => number;

/** Xorshift, 32 bits. */
export function seededRandom(seed: number): Random {
  let state = (seed * 0x9e3779b1 + 1) >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

/** Counts how runs end; passes on every error that is not ours. */
export async function countRuns(
  runs: number,
  run: (i: number) => void | Promise<void>,
): Promise<FuzzCounts> {
  const counts = { accepted: 0, refused: 0, longestMs: 0 };
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    try {
      await run(i);
      counts.accepted++;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof WeightError)) {
        throw new Error(`Mutation ${i} ended with another error`, {
          cause: error,
        });
      }
      counts.refused++;
    }
    counts.longestMs = Math.max(counts.longestMs, performance.now() - start);
  }
  return counts;
}

const SMALL = safetensorsParts({
  "layers.0.weight": {
    dtype: "F32",
    shape: [2, 3],
    data: Float32Array.of(1, 2, 3, 4, 5, 6),
  },
  "layers.0.bias": { dtype: "BF16", shape: [2], data: Float32Array.of(1, 2) },
  scale: { dtype: "F16", shape: [], data: Float32Array.of(1) },
  empty: { dtype: "U8", shape: [0, 4], data: new Uint8Array() },
}, { metadata: { format: "pt" } });

/** Mutates a small file; every tenth is opened and read from disk. */
export function fuzzSafetensors(
  { seed, runs, path }: { seed: number; runs: number; path: string },
): Promise<FuzzCounts> {
  const random = seededRandom(seed);
  const whole = concat(SMALL);
  const headerSize = parseHeaderSize(whole, {
    path,
    fileSize: whole.length,
  });
  const header = JSON.parse(
    new TextDecoder().decode(whole.subarray(8, 8 + headerSize)),
  );
  return countRuns(runs, async (i) => {
    const bytes = random(2) === 0
      ? mutateBytes(whole, random)
      : fileOf(mutateJson(header, random), whole.length - 8 - headerSize);
    if (i % 10 === 0) {
      await writeFile(path, bytes);
      await readAll(path);
    } else checkInMemory(bytes, path);
  });
}

/** The checks of a reader, on bytes. */
function checkInMemory(bytes: Uint8Array, path: string): void {
  const options = { path, fileSize: bytes.length };
  const size = parseHeaderSize(bytes.subarray(0, 8), options);
  const { tensors } = parseHeader(bytes.subarray(8, 8 + size), options);
  let total = 8 + size;
  for (const { start, sizeBytes } of tensors.values()) {
    if (start < 8 + size || start + sizeBytes > bytes.length) {
      throw new Error("Internal: a tensor lies outside the file");
    }
    total += sizeBytes;
  }
  if (total !== bytes.length) throw new Error("Internal: bytes are left over");
}

/** Opens weights and reads every tensor. */
async function readAll(path: string): Promise<void> {
  await using weights = await openWeights(path);
  for (const name of weights.names()) {
    const { sizeBytes } = weights.info(name);
    const { length } = await weights.read(name);
    if (length !== sizeBytes) throw new Error("Internal: a tensor is cut");
  }
}

/** Mutates the index of two shards, opens it and reads every tensor. */
export async function fuzzIndex(
  { seed, runs, at }: {
    seed: number;
    runs: number;
    at: (name: string) => string;
  },
): Promise<FuzzCounts> {
  const random = seededRandom(seed);
  await writeFile(at("a.safetensors"), concat(SMALL));
  await writeFile(
    at("b.safetensors"),
    concat(safetensorsParts({
      tail: { dtype: "F32", shape: [1], data: Float32Array.of(1) },
    })),
  );
  const index = {
    metadata: { total_size: 34 },
    weight_map: {
      "layers.0.weight": "a.safetensors",
      "layers.0.bias": "a.safetensors",
      scale: "a.safetensors",
      empty: "a.safetensors",
      tail: "b.safetensors",
    },
  };
  const path = at("model.safetensors.index.json");
  const text = new TextEncoder().encode(JSON.stringify(index));
  return countRuns(runs, async () => {
    await writeFile(
      path,
      random(2) === 0
        ? mutateBytes(text, random)
        : JSON.stringify(mutateJson(index, random)),
    );
    await readAll(path);
  });
}

/** Bytes with a few flips, cuts, repeats, or another header size. */
export function mutateBytes(
  bytes: Uint8Array,
  random: Random,
): Uint8Array<ArrayBuffer> {
  let mutated = Uint8Array.from(bytes);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(mutated.length || 1);
    const length = random(16);
    switch (random(6)) {
      case 0: // flip a bit
        if (at < mutated.length) mutated[at]! ^= 1 << random(8);
        break;
      case 1: // another byte
        if (at < mutated.length) mutated[at] = random(256);
        break;
      case 2: // cut the end
        mutated = mutated.slice(0, at);
        break;
      case 3: // leave a part out
        mutated = concat([
          mutated.subarray(0, at),
          mutated.subarray(at + length),
        ]);
        break;
      case 4: // repeat a part
        mutated = concat([
          mutated.subarray(0, at + length),
          mutated.subarray(at),
        ]);
        break;
      case 5: // another header size
        if (mutated.length >= 8) {
          const size = SIZES[random(SIZES.length)]! ^ BigInt(random(256));
          new DataView(mutated.buffer).setBigUint64(0, size, true);
        }
    }
  }
  return mutated;
}

const SIZES = [0n, 200n, 25_000_000n, 1n << 31n, 1n << 53n, (1n << 64n) - 1n];

// deno-fmt-ignore
const VALUES: readonly unknown[] = [
  0, 1, -1, 1.5, 24, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 1e308, "", "F32", "F64",
  "F999", "__proto__", "../x.safetensors", "b.safetensors", "\0", null, true, [],
  {}, [[]], [1, 2], [0, 24], [24, 0], [2 ** 52, 2 ** 52], Array(999).fill(0),
  { dtype: "U8", shape: [0], data_offsets: [0, 0] }, "x".repeat(5000),
];

/** A copy of JSON with values replaced, left out, or put elsewhere. */
export function mutateJson(json: unknown, random: Random): unknown {
  const copy = structuredClone(json);
  for (let times = 1 + random(3); times > 0; times--) {
    let place = copy as Record<string, unknown>;
    for (;;) {
      const keys = Object.keys(place);
      if (keys.length === 0) break;
      const key = keys[random(keys.length)]!;
      const inner = place[key];
      if (typeof inner === "object" && inner !== null && random(4) > 0) {
        place = inner as Record<string, unknown>;
        continue;
      }
      const value = structuredClone(VALUES[random(VALUES.length)]);
      switch (random(4)) {
        case 0:
          delete place[key];
          break;
        case 1:
          Object.defineProperty(place, NAMES[random(NAMES.length)]!, {
            value,
            enumerable: true,
            configurable: true,
            writable: true,
          });
          break;
        default:
          place[key] = value;
      }
      break;
    }
  }
  return copy;
}

const NAMES = ["__proto__", "constructor", "__metadata__", "x", "0", ""];

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
