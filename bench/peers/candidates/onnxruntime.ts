import {
  type Candidate,
  firstElement,
  matrix,
  provideWebGpu,
} from "../candidate.ts";
import { productModel } from "../onnx_model.ts";

/** What is used of the package. */
interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{
      run(feeds: Record<string, unknown>): Promise<{
        readonly C: { readonly data: Float32Array };
      }>;
    }>;
  };
  readonly env: { readonly wasm: { numThreads: number } };
  readonly Tensor: new (
    type: "float32",
    data: Float32Array,
    shape: readonly number[],
  ) => unknown;
}

// not in deno.json, as their 288 and 139 MB would then come with the tests
const PACKAGES = {
  "node cpu": "npm:onnxruntime-node@1.30.0",
  "node webgpu": "npm:onnxruntime-node@1.30.0",
  "web wasm": "npm:onnxruntime-web@1.30.0",
  "web webgpu": "npm:onnxruntime-web@1.30.0/webgpu",
} as const;

/**
 * ONNX Runtime, native or as WebAssembly. On WebGPU the operands are made on
 * the device, from one number each, and one number comes back, which keeps
 * transfers out of the time.
 */
export async function onnxRuntime(
  build: keyof typeof PACKAGES,
): Promise<Candidate> {
  const onDevice = build.endsWith("webgpu");
  if (build === "web webgpu") {
    await provideWebGpu();
    unshareWrites();
  }
  const runtime: OnnxRuntime = await import(PACKAGES[build]);
  const { InferenceSession, Tensor, env } = runtime;
  if (build === "web wasm") env.wasm.numThreads = navigator.hardwareConcurrency;
  return {
    name: `onnxruntime-${build}`,
    async prepare(M, K, N) {
      const session = await InferenceSession.create(
        productModel({ M, K, N, onDevice }),
        {
          executionProviders: [build.split(" ")[1]],
          intraOpNumThreads: navigator.hardwareConcurrency,
          logSeverityLevel: 3,
        },
      );
      const operand = (rows: number, columns: number) =>
        onDevice
          ? new Tensor("float32", Float32Array.of(0.5), [1, 1])
          : new Tensor("float32", matrix(rows * columns), [rows, columns]);
      const feeds = { A: operand(M, K), B: operand(K, N) };
      return {
        run: async () => void await session.run(feeds),
        wait: () => {},
        async check() {
          const { C } = await session.run(feeds);
          return [C.data[0]!, onDevice ? 0.25 * K : firstElement(K, N)];
        },
      };
    },
  };
}

/**
 * Copies what is written to buffers out of shared memory, which Dawn's binding
 * refuses and the WebAssembly of the web build lives in.
 */
function unshareWrites(): void {
  const { prototype } = GPUQueue;
  const { writeBuffer } = prototype;
  prototype.writeBuffer = function (buffer, offset, data, first = 0, size) {
    const { BYTES_PER_ELEMENT: unit = 1 } = data as {
      readonly BYTES_PER_ELEMENT?: number | undefined;
    };
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    const end = size === undefined ? bytes.length : (first + size) * unit;
    const copy = Uint8Array.from(bytes.subarray(first * unit, end));
    writeBuffer.call(this, buffer, offset, copy);
  };
}
