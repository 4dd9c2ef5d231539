/**
 * Checksum of a text: FNV-1a of 64 bits over its UTF-16 units, as 16 hexadecimal
 * digits. It tells a slip of the hand, not a forgery. The study's page has the
 * text of this very function.
 *
 * Source: Fowler, Noll & Vo.
 */
export function checksum(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    hash = (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n &
      0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, "0");
}
