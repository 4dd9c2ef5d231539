import { atomicWrite } from "@edit-transfer/files";
import { dtypeBytes, DTYPES } from "./dtype.ts";
import {
  type StreamedTensor,
  type TensorData,
  toBytes,
} from "./memory_weights.ts";

/** Options of {@linkcode writeSafetensors}. */
export interface WriteSafetensorsOptions {
  /**
   * Free text for `__metadata__`, written in the order of its keys.
   *
   * @default {{}}
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * Writes a safetensors file, whole or not at all.
 *
 * Arrays are in upstream's order, by type from wide to narrow and then by
 * name, so that equal content gives equal bytes.
 *
 * Source: https://github.com/huggingface/safetensors, `prepare` in
 * `safetensors/src/tensor.rs` at v0.8.0.
 *
 * @param path Path of the file; one that exists is replaced.
 * @param tensors Arrays by name, in memory or made one at a time.
 * @param options See {@linkcode WriteSafetensorsOptions}.
 * @returns When the file is on disk.
 *
 * @throws {TypeError} If data does not fit its type and shape, or a tensor is
 * called `__metadata__`.
 * @throws {Error} If the file cannot be written.
 *
 * @example Usage
 * ```ts
 * import { openSafetensors, writeSafetensors } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "weights-"));
 * const path = join(folder, "lora.safetensors");
 * await writeSafetensors(path, {
 *   A: { dtype: "F32", shape: [1, 2], data: Float32Array.of(1, 2) },
 * }, { metadata: { rank: "1" } });
 * {
 *   await using file = await openSafetensors(path);
 *   assert.equal(file.metadata.rank, "1");
 * }
 * await rm(folder, { recursive: true });
 * ```
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorData | StreamedTensor>>,
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const { header, parts } = layOut(tensors, options);
  async function* content() {
    yield header;
    for (const part of parts) {
      yield part instanceof Uint8Array ? part : await part();
    }
  }
  await atomicWrite(path, content());
}

/** The file in pieces: size and header, then each array. */
export function safetensorsParts(
  tensors: Readonly<Record<string, TensorData>>,
  options: WriteSafetensorsOptions = {},
): Uint8Array<ArrayBuffer>[] {
  const { header, parts } = layOut(tensors, options);
  return [header, ...parts as Uint8Array<ArrayBuffer>[]];
}

/** Header, and the arrays in its order. */
function layOut(
  tensors: Readonly<Record<string, TensorData | StreamedTensor>>,
  { metadata = {} }: WriteSafetensorsOptions,
): {
  header: Uint8Array<ArrayBuffer>;
  parts: (Uint8Array<ArrayBuffer> | StreamedTensor["data"])[];
} {
  if (Object.hasOwn(tensors, "__metadata__")) {
    throw new TypeError(
      'Cannot write a tensor as its name must be free: got "__metadata__"',
    );
  }
  const sorted = Object.entries(tensors).map(([name, tensor]) => ({
    name,
    ...tensor,
    rank: DTYPES.indexOf(tensor.dtype),
    ...sized(name, tensor),
  })).sort((a, b) => b.rank - a.rank || compareUtf8(a.name, b.name));
  const entries: [string, unknown][] = [];
  const texts = Object.entries(metadata).sort(([a], [b]) => compareUtf8(a, b));
  if (texts.length > 0) {
    entries.push(["__metadata__", Object.fromEntries(texts)]);
  }
  let at = 0;
  for (const { name, dtype, shape, size } of sorted) {
    const end = at + size;
    entries.push([name, { dtype, shape, data_offsets: [at, end] }]);
    at = end;
  }
  return {
    header: headerBytes(entries),
    parts: sorted.map(({ part }) => part),
  };
}

/** Bytes of an array, or a function that makes so many. */
function sized(name: string, tensor: TensorData | StreamedTensor) {
  const { dtype, shape, data } = tensor;
  if (typeof data !== "function") {
    const part = toBytes(name, { dtype, shape, data });
    return { size: part.length, part };
  }
  const size = shape.reduce((n, extent) => n * extent, dtypeBytes(dtype));
  const part = async () => toBytes(name, { dtype, shape, data: await data() });
  return { size, part };
}

function headerBytes(
  entries: readonly [string, unknown][],
): Uint8Array<ArrayBuffer> {
  // by hand, as an object would put names like "0" first
  const json = entries.map(([name, value]) =>
    `${JSON.stringify(name)}:${JSON.stringify(value)}`
  );
  const text = new TextEncoder().encode(`{${json.join(",")}}`);
  const size = Math.ceil(text.length / 8) * 8; // aligns the arrays
  const bytes = new Uint8Array(8 + size).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(size), true);
  bytes.set(text, 8);
  return bytes;
}

/** Order of names by their UTF-8 bytes, as upstream compares them. */
function compareUtf8(a: string, b: string): number {
  const x = new TextEncoder().encode(a);
  const y = new TextEncoder().encode(b);
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] !== y[i]) return x[i]! - y[i]!;
  }
  return x.length - y.length;
}
