import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Candidate,
  firstElement,
  matrix,
  provideWebGpu,
} from "../candidate.ts";

/** TensorFlow.js. */
export async function tfjs(backend: "wasm" | "webgpu"): Promise<Candidate> {
  if (backend === "webgpu") await provideWebGpu();
  const tf = await import("@tensorflow/tfjs-core");
  if (backend === "webgpu") await import("@tensorflow/tfjs-backend-webgpu");
  else {
    const wasm = await import("@tensorflow/tfjs-backend-wasm");
    const entry = import.meta.resolve("@tensorflow/tfjs-backend-wasm");
    wasm.setWasmPaths(`${dirname(fileURLToPath(entry))}/`);
    wasm.setThreadsCount(navigator.hardwareConcurrency);
  }
  await tf.setBackend(backend);
  await tf.ready();
  const gpu = tf.backend() as unknown as {
    endComputePassEncoder(): void;
    submitQueue(): void;
    readonly queue: GPUQueue;
  };
  return {
    name: `tfjs-backend-${backend}`,
    prepare(M, K, N) {
      const a = tf.tensor2d(matrix(M * K), [M, K]);
      const b = tf.tensor2d(matrix(K * N), [K, N]);
      return {
        run: () => tf.matMul(a, b).dispose(), // [M, N]
        async wait() {
          if (backend === "wasm") return; // it is done already
          gpu.endComputePassEncoder();
          gpu.submitQueue();
          await gpu.queue.onSubmittedWorkDone();
        },
        check: async () => [
          (await tf.matMul(a, b).data())[0]!,
          firstElement(K, N),
        ],
      };
    },
  };
}
