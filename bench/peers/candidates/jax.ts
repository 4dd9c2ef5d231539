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
      // products are lazy: one that is disposed too early is never computed
      let started: ReturnType<typeof numpy.matmul>[] = [];
      const wait = async () => {
        for (const product of started) {
          await product.blockUntilReady();
          product.dispose();
        }
        started = [];
      };
      return {
        async run() {
          started.push(numpy.matmul(a.ref, b.ref)); // [M, N]
          if (started.length === 8) await wait();
        },
        wait,
        check: async () => [
          (await numpy.matmul(a.ref, b.ref).data())[0]!,
          firstElement(K, N),
        ],
      };
    },
  };
}
