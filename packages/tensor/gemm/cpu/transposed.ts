import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { DeviceArray } from "../../device_array.ts";

/** Runs `body` with the address of `[batch, M, K]`, copied if need be. */
export function withTransposed(
  cpu: Cpu,
  a: DeviceArray,
  { batch, M, K, transposeA }: {
    batch: number;
    M: number;
    K: number;
    transposeA: boolean;
  },
  body: (address: number) => void,
): void {
  const { offset } = cpuStorage(a);
  if (!transposeA) return body(offset);
  const sizeBytes = batch * M * K * 4;
  const copy = cpu.heap.allocate(sizeBytes);
  try {
    transpose(cpu, { to: copy, from: offset }, { batch, rows: K, columns: M });
    body(copy);
  } finally {
    cpu.heap.release(copy, sizeBytes);
  }
}

/** Multiplications that an element is worth, for the choice of threads. */
const WORK = 4;

/** Writes `[batch, columns, rows]` from `[batch, rows, columns]`. */
export function transpose(
  { heap, jobs }: Cpu,
  { to, from }: { to: number; from: number },
  { batch, rows, columns }: { batch: number; rows: number; columns: number },
): void {
  const size = rows * columns;
  if (rows % 4 === 0 && columns % 4 === 0) {
    return jobs.run("transposes", { to, from, rows, columns }, {
      tasks: batch,
      work: batch * size * WORK,
    });
  }
  const { buffer } = heap.memory;
  const x = new Float32Array(buffer, from, batch * size);
  const y = new Float32Array(buffer, to, batch * size);
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) {
        y[at++] = x[n * size + row * columns + column]!;
      }
    }
  }
}
