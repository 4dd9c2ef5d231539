/** First bytes of files that people take for weights, and what they are. */
const OTHERS: readonly (readonly [start: RegExp, description: string])[] = [
  [/^\x89PNG/, "a PNG picture"],
  [/^\xff\xd8\xff/, "a JPEG picture"],
  [/^RIFF/, "a WebP picture or a sound"],
  [/^GGUF/, "a GGUF file, whose name should end in .gguf"],
  [/^PK/, "a ZIP archive, as PyTorch's .pt and .ckpt are"],
  [/^\s*<(!doc|htm|\?xm)/i, "a web page, as a refused download leaves it"],
  [/^version/, "a pointer of Git LFS: run git lfs pull to get the file"],
  [/^[\t\r\n\x20-\x7e]{8}/, "a text file"], // as a header's length, past any file
];

/**
 * What a file that is no safetensors is, by its first eight bytes.
 *
 * @param prefix Bytes that the file begins with.
 * @returns A few words, or undefined if it cannot be told.
 */
export function describeOther(prefix: Uint8Array): string | undefined {
  const start = String.fromCharCode(...prefix.subarray(0, 8));
  return OTHERS.find(([pattern]) => pattern.test(start))?.[1];
}
