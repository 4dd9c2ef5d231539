import { randomArray } from "@edit-transfer/testing";
import { f32ToF16 } from "@edit-transfer/weights";
import { DTYPE_BLOCKS, type QuantizedDType, storageBytes } from "./dtype.ts";

/** All quantised types. */
export const QUANTIZED = Object.keys(DTYPE_BLOCKS) as QuantizedDType[];

/** Blocks of random bits with scales around `scale`. */
export function randomBlocks(
  dtype: QuantizedDType,
  seed: number,
  { elements, scale = 0.01 }: { elements: number; scale?: number },
): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(
    randomArray(seed, storageBytes(dtype, elements), 1e4),
    (value) => Math.floor(value),
  );
  const { blockBytes, scales: places } = DTYPE_BLOCKS[dtype];
  if (dtype === "f8_e4m3_scaled" || dtype === "nf4") {
    return scaledFloats(bytes, dtype, { seed, scale });
  }
  if (dtype === "mxfp4") return withExponents(bytes, scale);
  const scales = f32ToF16(
    randomArray(seed + 1, places.length * bytes.length / blockBytes, scale),
  );
  const view = new DataView(bytes.buffer);
  let n = 0;
  for (let at = 0; at < bytes.length; at += blockBytes) {
    for (const place of places) view.setUint16(at + place, scales[n++]!, true);
  }
  return bytes;
}

/** Random bits that are no NaN, behind scales of float32. */
function scaledFloats(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: "f8_e4m3_scaled" | "nf4",
  { seed, scale }: { readonly seed: number; readonly scale: number },
): Uint8Array<ArrayBuffer> {
  const { blockBytes } = DTYPE_BLOCKS[dtype];
  const view = new DataView(bytes.buffer);
  const scales = randomArray(seed + 1, bytes.length / blockBytes, scale);
  for (const [i, byte] of bytes.entries()) {
    if (dtype === "f8_e4m3_scaled" && (byte & 0x7f) === 0x7f) {
      bytes[i] = byte ^ 1;
    }
  }
  for (const [block, scale] of scales.entries()) {
    view.setFloat32(block * blockBytes, scale, true);
  }
  return bytes;
}

/** Random bits behind powers of two around `scale`. */
function withExponents(
  bytes: Uint8Array<ArrayBuffer>,
  scale: number,
): Uint8Array<ArrayBuffer> {
  const { blockBytes } = DTYPE_BLOCKS.mxfp4;
  const exponent = 127 + Math.round(Math.log2(scale));
  for (let at = 0; at < bytes.length; at += blockBytes) {
    bytes[at] = exponent - bytes[at]! % 4;
  }
  return bytes;
}
