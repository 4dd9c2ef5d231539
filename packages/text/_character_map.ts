import { Buffer } from "node:buffer";

/**
 * SentencePiece's compiled character map: a double-array trie from UTF-8 bytes
 * to replacements.
 *
 * Source: `Precompiled` of huggingface/spm_precompiled 0.1.4, src/lib.rs, and
 * its use in huggingface/tokenizers, normalizers/precompiled.rs.
 */
export class CharacterMap {
  readonly #units: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

  /**
   * Decodes the map.
   *
   * @throws {RangeError} If the bytes are not such a map.
   */
  constructor(base64: string) {
    const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
    const size = bytes.length < 4
      ? NaN
      : new DataView(bytes.buffer).getUint32(0, true);
    if (!(size >= 4 && size % 4 === 0 && size + 4 <= bytes.length)) {
      throw new RangeError(
        `Cannot read character map as its trie must fit in ${bytes.length} bytes: got ${size}`,
      );
    }
    const view = new DataView(bytes.buffer, 4, size);
    this.#units = Uint32Array.from(
      { length: size / 4 },
      (_, i) => view.getUint32(4 * i, true),
    );
    this.#replacements = bytes.subarray(4 + size);
  }

  /** Replaces what the map knows, one grapheme or else one character at a time. */
  apply(text: string): string {
    let result = "";
    for (const { segment } of this.#segmenter.segment(text)) {
      const whole = utf8.encode(segment);
      const replacement = whole.length < 6 ? this.#find(whole) : undefined;
      if (replacement !== undefined) {
        result += replacement;
        continue;
      }
      for (const char of segment) {
        result += this.#find(utf8.encode(char)) ?? char;
      }
    }
    return result;
  }

  /** Replacement of the shortest prefix that the map knows. */
  #find(bytes: Uint8Array): string | undefined {
    let at = offset(this.#units[0]!);
    for (const byte of bytes) {
      if (byte === 0) return undefined;
      at ^= byte;
      const unit = this.#units[at];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) {
        return undefined;
      }
      at ^= offset(unit);
      if ((unit >>> 8 & 1) === 1) return this.#at(this.#units[at]);
    }
    return undefined;
  }

  /** Replacement that a leaf points to; it ends with a zero byte. */
  #at(leaf: number | undefined): string | undefined {
    if (leaf === undefined) return undefined;
    const start = leaf & 0x7fffffff;
    const end = this.#replacements.indexOf(0, start);
    return new TextDecoder().decode(
      this.#replacements.subarray(start, end === -1 ? undefined : end),
    );
  }
}

const utf8 = new TextEncoder();

/** Distance to the children of a node. */
function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
