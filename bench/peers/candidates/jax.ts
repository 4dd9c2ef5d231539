import {
  type Candidate,
  firstElement,
  matrix,
  provideWebGpu,
} from "../candidate.ts";

/** jax-js. */
export async function jax(backend: "wasm" | "webgpu"): Promise<Candidate> {
  if (backend === "webgpu") await provideWebGpu();
  const { defaultDevice, init, numpy } = await import("@jax-js/jax");
  await init(backend);
  defaultDevice(backend);
  return {
    name: `jax-js ${backend}`,
    prepare(M, K, N) {
      const a = numpy.array(matrix(M * K)).reshape([M, K]);
      const b = numpy.array(matrix(K * N)).reshape([K, N]);
      let last: ReturnType<typeof numpy.matmul> | undefined;
      return {
        run() {
          last?.dispose();
          last = numpy.matmul(a.ref, b.ref); // [M, N]
        },
        wait: async () => void await last?.blockUntilReady(),
        check: async () => [
          (await numpy.matmul(a.ref, b.ref).data())[0]!,
          firstElement(K, N),
        ],
      };
    },
  };
}
