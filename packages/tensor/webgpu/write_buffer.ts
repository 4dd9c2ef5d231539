import type { HostArray } from "../host_array.ts";

const CHUNK = 4 * 2 ** 20; // larger ones get staging memory of their own

/** Copies host values to a buffer, from a byte on that is a multiple of 4. */
export function writeBuffer(
  { queue }: GPUDevice,
  buffer: GPUBuffer,
  values: HostArray,
  first: number,
): void {
  const { buffer: source, byteOffset, byteLength } = values;
  const bytes = new Uint8Array(source, byteOffset, byteLength);
  const whole = byteLength - byteLength % 4;
  for (let at = 0; at < whole; at += CHUNK) {
    queue.writeBuffer(
      buffer,
      first + at,
      source as ArrayBuffer,
      byteOffset + at,
      Math.min(CHUNK, whole - at),
    );
  }
  if (whole < byteLength) {
    const tail = new Uint8Array(4);
    tail.set(bytes.subarray(whole));
    queue.writeBuffer(buffer, first + whole, tail);
  }
}
