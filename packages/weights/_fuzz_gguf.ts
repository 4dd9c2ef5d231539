import { writeFile } from "node:fs/promises";
import {
  countRuns,
  type FuzzCounts,
  mutateBytes,
  type Random,
  seededRandom,
} from "./_fuzz.ts";
import { ggufOf } from "./_test_gguf.ts";
import { openGguf } from "./gguf_file.ts";
import { parseGgufHeader } from "./gguf_header.ts";

const SMALL = ggufOf({
  alignment: 32,
  tensors: [
    { name: "a.weight", type: 0, extents: [2n, 3n], offset: 0n },
    { name: "b.weight", type: 8, extents: [32n], offset: 32n },
  ],
  dataBytes: 32 + 34, // Q8_0 has 34
});

/** Q2_K, Q3_K, IQ4_XS, IQ4_NL, MXFP4 and F64: type, elements and place. */
const LATER = ggufOf({
  alignment: 32,
  tensors: ([
    [10, 256n, 0n],
    [11, 256n, 96n],
    [23, 256n, 224n],
    [20, 32n, 384n],
    [39, 32n, 416n],
    [28, 2n, 448n],
  ] as const).map(([type, extent, offset]) => ({
    name: `${type}.weight`,
    type,
    extents: [extent],
    offset,
  })),
  dataBytes: 464,
});

/** Values that counts, lengths, extents and offsets are replaced by. */
const VALUES = [
  0n,
  1n,
  31n,
  64n,
  (1n << 31n) - 1n,
  1n << 32n,
  1n << 53n,
  1n << 62n,
  (1n << 64n) - 1n,
];

/** Mutates the header of a small file; every tenth is opened from disk. */
export function fuzzGguf(
  { seed, runs, path }: { seed: number; runs: number; path: string },
): Promise<FuzzCounts> {
  const random = seededRandom(seed);
  for (const whole of [SMALL, LATER]) checkInMemory(whole, path);
  return countRuns(runs, async (i) => {
    const whole = random(2) === 0 ? SMALL : LATER;
    const bytes = random(2) === 0
      ? mutateBytes(whole, random)
      : mutateNumbers(whole, random);
    if (i % 10 === 0) {
      await writeFile(path, bytes);
      await readAll(path);
    } else checkInMemory(bytes, path);
  });
}

/** Bytes with a few 32- or 64-bit numbers replaced, behind the magic. */
function mutateNumbers(
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
): Uint8Array<ArrayBuffer> {
  const mutated = bytes.slice();
  const view = new DataView(mutated.buffer);
  for (let times = 1 + random(3); times > 0; times--) {
    const at = 4 + random(bytes.length - 12);
    const value = VALUES[random(VALUES.length)]!;
    if (random(2) === 0) view.setBigUint64(at, value, true);
    else view.setUint32(at, Number(value & 0xffffffffn), true);
  }
  return mutated;
}

/** The checks of a reader, on bytes. */
function checkInMemory(bytes: Uint8Array, path: string): void {
  const header = parseGgufHeader(bytes, { path, fileSize: bytes.length });
  for (const { start, storedBytes } of header!.tensors.values()) {
    if (start + storedBytes > bytes.length) {
      throw new Error("Internal: a tensor lies outside the file");
    }
  }
}

async function readAll(path: string): Promise<void> {
  await using file = await openGguf(path);
  for (const name of file.names()) {
    const { sizeBytes } = file.info(name);
    const { length } = await file.read(name);
    if (length !== sizeBytes) throw new Error("Internal: a tensor is cut");
  }
}
