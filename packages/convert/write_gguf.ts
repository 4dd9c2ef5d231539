import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { FileProgress, PartFolder } from "./part_folder.ts";
import type { GgufPlan } from "./plan.ts";
import { type ConversionError, convertedRows, ErrorSum } from "./rows.ts";

/** Options of {@linkcode writeGguf}. */
export interface WriteGgufOptions {
  /** Bytes after which what is on disk is recorded. */
  readonly recordBytes: number;
  /** Called with the bytes of the file that are there. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes a GGUF file as `NAME.part`, from where an earlier run ended, then
 * renames it.
 */
export async function writeGguf(
  folder: PartFolder,
  { name, source, layout }: GgufPlan,
  { recordBytes, onBytes, signal }: WriteGgufOptions,
): Promise<void> {
  const path = join(folder.path, name);
  if (await folder.has(name)) return;
  const { header, tensors, sizeBytes } = layout;
  const partial = `${path}.part`;
  const handle = await open(partial, "r+")
    .catch(() => open(partial, "w+"));
  try {
    const place = (index: number) => tensors[index]?.start ?? sizeBytes;
    let { arrays, errors } = await soundPart(handle, header, {
      progress: folder.of(name),
      place,
    });
    let at = arrays === 0 ? 0 : place(arrays);
    await handle.truncate(at);
    const write = async (bytes: Uint8Array) => {
      signal?.throwIfAborted();
      await writeAt(handle, bytes, at);
      at += bytes.length;
      onBytes(at);
    };
    if (at === 0) await write(header);
    let recorded = at;
    const record = async () => {
      await handle.sync();
      await folder.record(name, { arrays, errors });
      recorded = at;
    };
    for (const tensor of tensors.slice(arrays)) {
      const error = new ErrorSum();
      for await (const bytes of convertedRows(source, tensor, error)) {
        await write(bytes);
      }
      arrays++;
      await write(new Uint8Array(place(arrays) - at));
      errors = { ...errors, [tensor.name]: error.value };
      if (at - recorded >= recordBytes) await record();
    }
    await record();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
}

/** What of the record can be relied on: nothing, if the file is another. */
async function soundPart(
  handle: FileHandle,
  header: Uint8Array,
  { progress, place }: {
    readonly progress: FileProgress;
    readonly place: (index: number) => number;
  },
): Promise<
  { arrays: number; errors: Readonly<Record<string, ConversionError>> }
> {
  const found = new Uint8Array(header.length);
  await handle.read(found, 0, found.length, 0);
  const { size } = await handle.stat();
  const same = found.every((byte, i) => byte === header[i]);
  return same && size >= place(progress.arrays)
    ? progress
    : { arrays: 0, errors: {} };
}

async function writeAt(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(
      bytes,
      done,
      bytes.length - done,
      position + done,
    );
    done += bytesWritten;
  }
}
