import { type Candidate, firstElement, matrix } from "../candidate.ts";
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
  readonly Tensor: new (
    type: "float32",
    data: Float32Array,
    shape: readonly number[],
  ) => unknown;
}

// not in deno.json, as its 288 MB would then be fetched for the tests too
const PACKAGE = "npm:onnxruntime-node@1.30.0";

/**
 * ONNX Runtime with its native code. On WebGPU the operands are made on the
 * device, from one number each, and one number comes back: its bindings have
 * no other way to keep transfers out of the time.
 */
export async function onnxRuntime(
  provider: "cpu" | "webgpu",
): Promise<Candidate> {
  const { InferenceSession, Tensor }: OnnxRuntime = await import(PACKAGE);
  return {
    name: `onnxruntime-node ${provider}`,
    async prepare(M, K, N) {
      const onDevice = provider === "webgpu";
      const session = await InferenceSession.create(
        productModel({ M, K, N, onDevice }),
        {
          executionProviders: [provider],
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
