/** An array in a GGUF file of any content. */
export interface GgufTensor {
  readonly name: string;
  /** Number of the type. */
  readonly type: number;
  /** Extents, fastest first, as in the file. */
  readonly extents: readonly bigint[];
  readonly offset: bigint;
}

/** Bytes of a GGUF file with a header of any content, and data. */
export function ggufOf(
  { version = 3, alignment, tensors, tensorCount, dataBytes = 64 }: {
    version?: number;
    alignment?: number;
    tensors?: readonly GgufTensor[];
    tensorCount?: bigint;
    dataBytes?: number;
  },
): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const number = (value: bigint | number, size: number) => {
    for (let i = 0n; i < size; i++) {
      bytes.push(Number((BigInt(value) >> (8n * i)) & 255n));
    }
  };
  const string = (text: string) => {
    const utf8 = new TextEncoder().encode(text);
    number(utf8.length, 8);
    bytes.push(...utf8);
  };
  bytes.push(...new TextEncoder().encode("GGUF"));
  number(version, 4);
  number(tensorCount ?? tensors?.length ?? 0, 8);
  number(alignment === undefined ? 1 : 2, 8);
  string("general.architecture");
  number(8, 4);
  string("flux");
  if (alignment !== undefined) {
    string("general.alignment");
    number(4, 4);
    number(alignment, 4);
  }
  for (const { name, type, extents, offset } of tensors ?? []) {
    string(name);
    number(extents.length, 4);
    for (const extent of extents) number(extent, 8);
    number(type, 4);
    number(offset, 8);
  }
  const step = alignment ?? 32;
  while (bytes.length % step !== 0) bytes.push(0);
  for (let i = 0; i < dataBytes; i++) bytes.push(i);
  return Uint8Array.from(bytes);
}
