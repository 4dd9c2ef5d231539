import { createHash } from "node:crypto";

/**
 * Values U(-1/√in, 1/√in) for a matrix A `[r, in]`: Kaiming's with a = √5, as in
 * PEFT. They depend on the seed and the name alone, so one layer's do not change
 * with what else is trained.
 *
 * Generator: sfc32 (Doty-Humphrey, PractRand), its state the first 12 bytes of
 * the SHA-256 of `"<seed> <name>"`, 24 bits a value.
 */
export function kaimingUniform(
  shape: readonly [r: number, into: number],
  { seed, name }: { seed: number; name: string },
): Float32Array<ArrayBuffer> {
  const [r, into] = shape;
  const digest = createHash("sha256").update(`${seed} ${name}`).digest();
  let a = digest.readInt32LE(0);
  let b = digest.readInt32LE(4);
  let c = digest.readInt32LE(8);
  const bound = 1 / Math.sqrt(into);
  const values = new Float32Array(r * into);
  for (let i = -12; i < values.length; i++) { // 12 to mix the state
    const sum = (a + b + i + 13) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21 | c >>> 11) + sum) | 0;
    const unit = (sum >>> 8) / 2 ** 24; // in [0, 1)
    if (i >= 0) values[i] = bound * (2 * unit - 1);
  }
  return values;
}
