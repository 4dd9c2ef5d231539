import { LIMITS } from "@edit-transfer/files/limits";
import { ByteCursor, ShortRead } from "./byte_cursor.ts";
import { FormatError } from "./format_error.ts";
import {
  GGML_TYPE_NAMES,
  type GgmlType,
  ggmlType,
  ggmlTypeLabel,
} from "./ggml_type.ts";
import { readGgufString, readGgufValue } from "./gguf_value.ts";
import { quoted } from "./json_object.ts";

/** Place and type of one array in a GGUF file. */
export interface GgufEntry {
  /** Name in the file. */
  readonly name: string;
  /** How its elements are stored. */
  readonly type: GgmlType;
  /** Extents, slowest first. */
  readonly shape: readonly number[];
  /** First byte, counted from the start of the file. */
  readonly start: number;
  /** Bytes in the file. */
  readonly storedBytes: number;
}

/** What the head of a GGUF file says. */
export interface GgufHeader {
  /** Scalars and strings of the metadata, as text. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Arrays by name. */
  readonly tensors: ReadonlyMap<string, GgufEntry>;
}

/** An entry whose start is not yet known to be right. */
interface RawEntry extends Omit<GgufEntry, "start"> {
  readonly offset: bigint;
}

const MAGIC = 0x46554747; // "GGUF"
const MAX_DIMENSIONS = 4; // GGML_MAX_DIMS
const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 1 << 20;
/** Fewest bytes of an entry of the metadata, and of a tensor. */
const LEAST = { metadata: 13, tensors: 24 };

/**
 * Parses the head and checks it whole: types, extents, sizes, and that arrays
 * follow one another at aligned places within the file.
 *
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and
 * `gguf_init_from_file_impl` in ggml-org/ggml@v0.9.4, `src/gguf.cpp`.
 *
 * @param bytes The file's first bytes.
 * @param file Path, for messages, and size.
 * @returns The header; undefined if more bytes are needed and the file has more.
 */
export function parseGgufHeader(
  bytes: Uint8Array,
  file: { path: string; fileSize: number },
): GgufHeader | undefined {
  try {
    return parse(new ByteCursor(bytes), file);
  } catch (error) {
    if (!(error instanceof ShortRead)) throw error;
    if (bytes.length < file.fileSize) return undefined;
    throw failure(file.path)(
      `its header must end within the file: it is cut short at byte ${file.fileSize}`,
    );
  }
}

function parse(
  cursor: ByteCursor,
  { path, fileSize }: { path: string; fileSize: number },
): GgufHeader {
  const fail = failure(path);
  if (cursor.u32() !== MAGIC) {
    throw fail('it must start with "GGUF": got other bytes');
  }
  const version = cursor.u32();
  if (version !== 2 && version !== 3) {
    throw fail(
      `its version must be 2 or 3: got ${
        (version & 0xffff) === 0 ? "a big-endian file" : version
      }`,
    );
  }
  const count = (what: keyof typeof LEAST) => {
    const n = cursor.u64();
    const most = Math.min(LIMITS.arrays[1], Math.floor(fileSize / LEAST[what]));
    if (n <= most) return Number(n);
    throw fail(
      `${fileSize} bytes hold at most ${most} ${what}: the file says ${n}`,
    );
  };
  const tensorCount = count("tensors");
  const metadataCount = count("metadata");

  const metadata = new Map<string, string>();
  for (let i = 0; i < metadataCount; i++) {
    const key = readGgufString(cursor, { path, fileSize });
    const value = readGgufValue(cursor, { path, fileSize, key });
    if (metadata.has(key)) {
      throw fail(`its metadata must not repeat ${quoted(key)}: got it twice`);
    }
    metadata.set(key, value ?? "");
  }
  const alignment = parseAlignment(metadata, fail);

  const entries: RawEntry[] = [];
  for (let i = 0; i < tensorCount; i++) {
    entries.push(readEntry(cursor, { path, fileSize }));
  }
  const dataStart = aligned(cursor.at, alignment);
  return {
    metadata: Object.fromEntries(
      [...metadata].filter(([, value]) => value !== ""),
    ),
    tensors: placeTensors(entries, { path, fileSize, dataStart, alignment }),
  };
}

function failure(path: string): (found: string) => FormatError {
  return (found) =>
    new FormatError(`Cannot read GGUF "${path}" as ${found}`, { path });
}

function parseAlignment(
  metadata: ReadonlyMap<string, string>,
  fail: (found: string) => FormatError,
): number {
  const text = metadata.get("general.alignment");
  if (text === undefined) return DEFAULT_ALIGNMENT;
  const alignment = Number(text);
  if (alignment <= MAX_ALIGNMENT && Number.isInteger(Math.log2(alignment))) {
    return alignment;
  }
  throw fail(
    `general.alignment must be a power of two up to ${MAX_ALIGNMENT}: got ${
      quoted(text)
    }`,
  );
}

function readEntry(
  cursor: ByteCursor,
  { path, fileSize }: { path: string; fileSize: number },
): RawEntry {
  const name = readGgufString(cursor, { path, fileSize });
  const fail = (rule: string) =>
    new FormatError(
      `Cannot read tensor ${quoted(name)} of "${path}" as ${rule}`,
      {
        path,
      },
    );
  const dimensions = cursor.u32();
  if (dimensions > MAX_DIMENSIONS) {
    throw fail(`it has at most ${MAX_DIMENSIONS} axes: got ${dimensions}`);
  }
  const extents = Array.from({ length: dimensions }, () => cursor.u64());
  const id = cursor.u32();
  const offset = cursor.u64();
  const type = ggmlType(id);
  if (type === undefined) {
    throw fail(
      `its type must be one of ${GGML_TYPE_NAMES.join(", ")}: got ${
        ggmlTypeLabel(id)
      }`,
    );
  }
  const { blockElements, blockBytes } = type;
  const row = extents[0] ?? 1n;
  if (row % BigInt(blockElements) !== 0n) {
    throw fail(
      `rows of ${type.name} must be a multiple of ${blockElements} elements: got ${row}`,
    );
  }
  const elements = extents.reduce((product, extent) => product * extent, 1n);
  const storedBytes = elements / BigInt(blockElements) * BigInt(blockBytes);
  if (
    storedBytes > fileSize ||
    extents.some((extent) => extent > fileSize * blockElements)
  ) {
    throw fail(
      `a file of ${fileSize} bytes must hold it: ${type.name} [${
        extents.toReversed().join(", ")
      }] takes ${storedBytes} and the file may be cut short`,
    );
  }
  return {
    name,
    type,
    shape: extents.map(Number).toReversed(),
    storedBytes: Number(storedBytes),
    offset,
  };
}

/** Each array starts where the one before it ends, aligned. */
function placeTensors(
  entries: readonly RawEntry[],
  { path, fileSize, dataStart, alignment }: {
    path: string;
    fileSize: number;
    dataStart: number;
    alignment: number;
  },
): ReadonlyMap<string, GgufEntry> {
  const tensors = new Map<string, GgufEntry>();
  let expected = 0;
  for (const { offset, ...entry } of entries) {
    const { name, storedBytes } = entry;
    const fail = (rule: string) =>
      new FormatError(
        `Cannot read tensor ${quoted(name)} of "${path}" as ${rule}`,
        { path },
      );
    if (tensors.has(name)) throw fail("a name must not repeat: got it twice");
    if (offset !== BigInt(expected)) {
      throw fail(
        `tensors must follow one another: it starts at offset ${offset}, the one before it ends at ${expected}`,
      );
    }
    const start = dataStart + expected;
    if (start + storedBytes > fileSize) {
      throw fail(
        `its data must lie within the file: it ends at byte ${
          start + storedBytes
        }, the file has ${fileSize} and may be cut short`,
      );
    }
    tensors.set(name, { ...entry, start });
    expected = aligned(expected + storedBytes, alignment);
  }
  return tensors;
}

function aligned(at: number, alignment: number): number {
  return Math.ceil(at / alignment) * alignment;
}
