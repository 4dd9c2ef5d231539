import { LIMITS } from "@edit-transfer/files/limits";
import { dtypeBytes, isDType } from "./dtype.ts";
import { describeOther } from "./describe_other.ts";
import { FormatError } from "./format_error.ts";
import { isJsonObject, parseJsonObject, quoted } from "./json_object.ts";
import type { TensorInfo } from "./weight_source.ts";

const [, MAX_HEADER_BYTES] = LIMITS.headerBytes;
const [, MAX_ARRAYS] = LIMITS.arrays;
const BRACE = 0x7b;

/** Place of one array in a file. */
export interface TensorEntry extends TensorInfo {
  /** First byte, counted from the start of the file. */
  readonly start: number;
}

/** What the head of a safetensors file says. */
export interface SafetensorsHeader {
  /** Free text, `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Arrays by name. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** The length of the JSON header, checked against the file. */
export function parseHeaderSize(
  prefix: Uint8Array,
  { path, fileSize }: { path: string; fileSize: number },
): number {
  if (prefix.length < 8) {
    throw new FormatError(
      `Cannot read safetensors "${path}" as it starts with 8 bytes of header size: ` +
        `the file has ${fileSize}`,
      { path },
    );
  }
  const size = new DataView(prefix.buffer, prefix.byteOffset, 8)
    .getBigUint64(0, true);
  const largest = Math.min(MAX_HEADER_BYTES, fileSize - 8);
  if (size > largest) {
    const other = describeOther(prefix);
    if (other !== undefined) {
      throw new FormatError(
        `Cannot read safetensors "${path}" as it is ${other}`,
        { path },
      );
    }
    throw new FormatError(
      `Cannot read safetensors "${path}" as its header is at most ${largest} bytes ` +
        `in a file of ${fileSize}: the file says ${size}`,
      { path },
    );
  }
  return Number(size);
}

/**
 * Parses the JSON header and checks it whole: types, shapes, sizes, and that
 * the arrays fill the rest of the file without overlap or hole.
 *
 * Source: https://github.com/huggingface/safetensors, `SafeTensors::read_metadata`
 * and `Metadata::validate` in `safetensors/src/tensor.rs` at v0.8.0.
 */
export function parseHeader(
  json: Uint8Array,
  { path, fileSize }: { path: string; fileSize: number },
): SafetensorsHeader {
  if (json[0] !== BRACE) {
    throw new FormatError(
      `Cannot read safetensors "${path}" as its header must start with "{": got ` +
        (json.length === 0 ? "nothing" : `byte ${json[0]}`),
      { path },
    );
  }
  checkCount(json, path);
  const header = parseJsonObject(json, path, "safetensors");
  const dataStart = 8 + json.length;
  const dataSize = fileSize - dataStart;
  let metadata: Readonly<Record<string, string>> = {};
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") metadata = parseMetadata(value, path);
    else entries.push(parseEntry(name, value, { path, dataStart, dataSize }));
  }
  checkCoverage(entries, { path, dataStart, dataSize });
  return { metadata, tensors: new Map(entries.map((e) => [e.name, e])) };
}

/** Refuses more arrays than any model has, before they are parsed. */
function checkCount(json: Uint8Array, path: string): void {
  let braces = 0; // of the header, of its metadata, and one of each array
  for (const byte of json) if (byte === BRACE) braces++;
  if (braces - 2 <= MAX_ARRAYS) return;
  throw new FormatError(
    `Cannot read safetensors "${path}" as it has at most ${MAX_ARRAYS} arrays: got up to ${
      braces - 1
    }`,
    { path },
  );
}

function parseMetadata(
  value: unknown,
  path: string,
): Readonly<Record<string, string>> {
  if (
    !isJsonObject(value) ||
    !Object.values(value).every((text) => typeof text === "string")
  ) {
    throw new FormatError(
      `Cannot read safetensors "${path}" as __metadata__ must map strings to strings: ` +
        `got ${quoted(value)}`,
      { path },
    );
  }
  return value as Readonly<Record<string, string>>;
}

interface DataRange {
  path: string;
  dataStart: number;
  dataSize: number;
}

function parseEntry(
  name: string,
  value: unknown,
  { path, dataStart, dataSize }: DataRange,
): TensorEntry {
  const fail = (rule: string, got: unknown) =>
    new FormatError(
      `Cannot read tensor ${quoted(name)} of "${path}" as ${rule}: got ${
        quoted(got)
      }`,
      { path },
    );
  if (!isJsonObject(value)) throw fail("its entry must be an object", value);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDType(dtype)) throw fail("its dtype must be a known one", dtype);
  if (!isExtents(shape)) {
    throw fail("its shape must be integers >= 0", shape);
  }
  if (!isExtents(offsets) || offsets.length !== 2) {
    throw fail("its data_offsets must be two integers >= 0", offsets);
  }
  const [start, end] = offsets as [number, number];
  if (start > end) throw fail("its data_offsets must rise", offsets);
  if (end > dataSize) {
    throw new FormatError(
      `Cannot read tensor ${
        quoted(name)
      } of "${path}" as its data must lie within ` +
        `the file: it ends at byte ${dataStart + end}, the file has ` +
        `${dataStart + dataSize} and may be cut short`,
      { path },
    );
  }
  const sizeBytes = shape.includes(0)
    ? 0
    : shape.reduce((product, extent) => product * extent, dtypeBytes(dtype));
  if (sizeBytes !== end - start) { // an overflow is never a file's size
    throw fail(
      `${dtype} [${quotedShape(shape)}] takes ${sizeBytes} bytes`,
      end - start,
    );
  }
  return { name, dtype, shape, sizeBytes, start: dataStart + start };
}

function isExtents(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
}

function quotedShape(shape: readonly number[]): string {
  return shape.length > 8
    ? `${shape.slice(0, 8).join(", ")}, ...`
    : shape.join(", ");
}

function checkCoverage(
  entries: readonly TensorEntry[],
  { path, dataStart, dataSize }: DataRange,
): void {
  const sorted = entries.toSorted((a, b) =>
    a.start - b.start || a.sizeBytes - b.sizeBytes
  );
  let at = dataStart;
  for (const { name, start, sizeBytes } of sorted) {
    if (start !== at) {
      throw new FormatError(
        `Cannot read tensor ${
          quoted(name)
        } of "${path}" as tensors must follow ` +
          `one another: it starts at byte ${start}, the one before it ends at ${at}`,
        { path },
      );
    }
    at += sizeBytes;
  }
  if (at !== dataStart + dataSize) {
    throw new FormatError(
      `Cannot read safetensors "${path}" as tensors must fill the file: ` +
        `they end at byte ${at} of ${dataStart + dataSize}`,
      { path },
    );
  }
}
