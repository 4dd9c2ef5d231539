import { assertRelative, randomArray } from "@edit-transfer/testing";
import { gemm } from "../gemm/cpu/gemm.ts";
import { PackCache } from "../gemm/cpu/pack_cache.ts";
import { packedBytes, packF32 } from "../gemm/cpu/pack.ts";
import { matmul } from "../ops/_reference.ts";
import { GEMM_WASM } from "./gemm_wasm.ts";
import { Heap } from "./heap.ts";
import { Jobs } from "./jobs.ts";
import { instantiatePrograms } from "./programs.ts";
import { CONTROL, SPILL_BYTES } from "./wasm/control.ts";

for (const variant of ["relaxed", "plain"] as const) {
  Deno.test(`programs with ${variant} SIMD multiply matrices`, async () => {
    const bytes = Uint8Array.from(
      atob(GEMM_WASM[variant]),
      (byte) => byte.charCodeAt(0),
    );
    if (!WebAssembly.validate(bytes)) return; // an engine without relaxed SIMD
    const module = await WebAssembly.compile(bytes);
    const heap = new Heap("test", CONTROL.spill + SPILL_BYTES);
    const programs = await instantiatePrograms(module, heap.memory);
    const jobs = new Jobs(1, programs, module, heap.memory);

    const [M, N, K] = [13, 19, 400];
    const values = [randomArray(1, M * K), randomArray(2, N * K)] as const;
    const [a, b] = values.map((array) => {
      const address = heap.allocate(array.byteLength);
      new Float32Array(heap.memory.buffer, address, array.length).set(array);
      return address;
    }) as [number, number];
    const packed = heap.allocate(packedBytes({ N, K }));
    const c = heap.allocate(M * N * 4);
    const cpu = { heap, packCache: new PackCache(heap), programs, jobs };
    const shape = { batch: 1, N, K, transposed: true };
    packF32(cpu, shape, { from: b, to: packed });
    gemm(cpu, {
      a,
      aBatch: 0,
      b: packed,
      bBatch: 0,
      c,
      bias: undefined,
      batch: 1,
      M,
      N,
      K,
    });
    assertRelative(
      new Float32Array(heap.memory.buffer, c, M * N),
      matmul(...values, { M, N, K, transposeB: true }),
      1e-6,
    );
  });
}
