/**
 * Matrix product beside the libraries that a TypeScript developer would
 * otherwise pick, and PyTorch, in one run: the candidates take turns, so that a
 * busy machine slows all of them alike.
 *
 * Usage: deno run -A bench/peers/gemm.ts [--rounds 15] [--python PATH] [--gpu]
 */
import { matmul, openDevice, Tensor } from "@edit-transfer/tensor";
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** `[M, K, N]` of the products. */
const SIZES = [[512, 512, 512], [1024, 1024, 1024], [288, 256, 1024]] as const;

/** Multiplies once and waits for the result; times exclude the upload. */
type Product = () => Promise<void>;

/** A library, ready to multiply matrices of a size. */
interface Peer {
  readonly name: string;
  prepare(M: number, K: number, N: number): Promise<Product> | Product;
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    python: { type: "string", default: "python3" },
    gpu: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);

/** Seeded values, the same for every library. */
function matrix(length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 0.5);
}

/** This project, on a device. */
async function ours(
  choice: "cpu" | "webgpu",
  threads?: number,
): Promise<Peer> {
  const device = await openDevice(choice, threads ? { threads } : {});
  return {
    name: `edit-transfer ${device.name}`,
    prepare(M, K, N) {
      const a = Tensor.from(device, matrix(M * K), { shape: [M, K] });
      const b = Tensor.from(device, matrix(K * N), { shape: [K, N] });
      return async () => {
        using _c = matmul(a, b); // [M, N]
        await device.sync();
      };
    },
  };
}

/** TensorFlow.js on WebAssembly. */
async function tfjs(): Promise<Peer> {
  const tf = await import("@tensorflow/tfjs-core");
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  const entry = import.meta.resolve("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${dirname(fileURLToPath(entry))}/`);
  wasm.setThreadsCount(navigator.hardwareConcurrency);
  await tf.setBackend("wasm");
  await tf.ready();
  return {
    name: "tfjs-backend-wasm",
    prepare(M, K, N) {
      const a = tf.tensor2d(matrix(M * K), [M, K]);
      const b = tf.tensor2d(matrix(K * N), [K, N]);
      return async () => {
        const c = tf.matMul(a, b);
        await c.data();
        c.dispose();
      };
    },
  };
}

/** jax-js on WebAssembly or WebGPU. */
async function jax(backend: "wasm" | "webgpu"): Promise<Peer> {
  const { defaultDevice, init, numpy } = await import("@jax-js/jax");
  await init(backend);
  return {
    name: `jax-js ${backend}`,
    prepare(M, K, N) {
      defaultDevice(backend);
      const a = numpy.array(matrix(M * K)).reshape([M, K]);
      const b = numpy.array(matrix(K * N)).reshape([K, N]);
      return async () => {
        await numpy.matmul(a.ref, b.ref).data();
      };
    },
  };
}

/** Median seconds of PyTorch f32 for every size, if Python has it. */
function torch(): number[] | undefined {
  const { status, stdout } = spawnSync(values.python, [
    "-c",
    `import time, torch
torch.set_num_threads(${navigator.hardwareConcurrency})
for M, K, N in ${JSON.stringify(SIZES)}:
    a, b, seconds = torch.randn(M, K), torch.randn(K, N), []
    for _ in range(${rounds}):
        start = time.perf_counter(); a @ b; seconds.append(time.perf_counter() - start)
    print(sorted(seconds)[len(seconds) // 2])`,
  ], { encoding: "utf8" });
  return status === 0 ? stdout.trim().split("\n").map(Number) : undefined;
}

const peers = [
  await ours("cpu"),
  await ours("cpu", 1),
  await tfjs(),
  await jax("wasm"),
];
if (values.gpu) peers.push(await ours("webgpu"), await jax("webgpu"));

const rates = new Map<string, string[]>(peers.map(({ name }) => [name, []]));
for (const [M, K, N] of SIZES) {
  const products: Product[] = [];
  for (const peer of peers) {
    const product = await peer.prepare(M, K, N);
    await product();
    products.push(product);
  }
  const seconds = peers.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, product] of products.entries()) {
      const start = performance.now();
      await product();
      seconds[i]!.push((performance.now() - start) / 1000);
    }
  }
  for (const [i, { name }] of peers.entries()) {
    const median = seconds[i]!.sort((x, y) => x - y)[rounds >> 1]!;
    rates.get(name)!.push((2 * M * N * K / median / 1e9).toFixed(1));
  }
}
const reference = torch()?.map((seconds, i) => {
  const [M, K, N] = SIZES[i]!;
  return (2 * M * N * K / seconds / 1e9).toFixed(1);
});
if (reference) rates.set("PyTorch f32", reference);

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
process.stdout.write(
  row(["GFLOP/s, median", ...SIZES.map((size) => size.join("×"))]) +
    row(["---", ...SIZES.map(() => "---:")]) +
    [...rates].map(([name, cells]) => row([name, ...cells])).join(""),
);
process.exit(0);
