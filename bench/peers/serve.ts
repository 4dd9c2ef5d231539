/**
 * One candidate in a process of its own: reads `{"M", "K", "N", "milliseconds"}`
 * a line, multiplies for about that long, and answers with the seconds of a
 * product, as often as it was measured.
 *
 * Usage: deno run -A --no-lock bench/peers/serve.ts CANDIDATE
 */
import process from "node:process";
import { createInterface } from "node:readline";
import type { Candidate, Product } from "./candidate.ts";

/** Milliseconds between two looks at the clock, at least. */
const LEAST = 20;

const candidates: Readonly<Record<string, () => Promise<Candidate>>> = {
  "cpu": async () => await ours("cpu", {}),
  "cpu-1": async () => await ours("cpu", { threads: 1 }),
  "webgpu": async () => await ours("webgpu", {}),
  "webgpu-bf16": async () => await ours("webgpu", { dtype: "bf16" }),
  "webgpu-f16": async () => await ours("webgpu", { dtype: "f16" }),
  "tfjs-wasm": async () => (await import("./candidates/tfjs.ts")).tfjs("wasm"),
  "tfjs-webgpu": async () =>
    (await import("./candidates/tfjs.ts")).tfjs("webgpu"),
  "jax-wasm": async () => (await import("./candidates/jax.ts")).jax("wasm"),
  "jax-webgpu": async () => (await import("./candidates/jax.ts")).jax("webgpu"),
  "onnxruntime-cpu": async () => await onnx("node cpu"),
  "onnxruntime-wasm": async () => await onnx("web wasm"),
  "onnxruntime-webgpu": async () => await onnx("node webgpu"),
  "onnxruntime-web-webgpu": async () => await onnx("web webgpu"),
};

async function ours(
  choice: "cpu" | "webgpu",
  options: {
    readonly threads?: number | undefined;
    readonly dtype?: "f16" | "bf16" | undefined;
  },
): Promise<Candidate> {
  const { editTransfer } = await import("./candidates/edit_transfer.ts");
  return await editTransfer(choice, options);
}

async function onnx(
  build: "node cpu" | "node webgpu" | "web wasm" | "web webgpu",
): Promise<Candidate> {
  return await (await import("./candidates/onnxruntime.ts")).onnxRuntime(build);
}

const candidate = await candidates[process.argv[2] ?? ""]!();
process.stdout.write(`${JSON.stringify({ name: candidate.name })}\n`);

const products = new Map<string, Product>();
for await (const line of createInterface({ input: process.stdin })) {
  const { M, K, N, milliseconds } = JSON.parse(line);
  const key = `${M} ${K} ${N}`;
  let product = products.get(key);
  if (product === undefined) {
    product = await candidate.prepare(M, K, N);
    products.set(key, product);
    const [actual, expected] = await product.check(); // compiles too
    if (
      !(Math.abs(actual - expected) <= 1e-2 * Math.max(1, Math.abs(expected)))
    ) {
      throw new Error(
        `Cannot measure ${candidate.name} as it is wrong: got ${actual} instead of ${expected}`,
      );
    }
  }
  const first = await time(product, 1); // wakes threads
  const until = performance.now() + milliseconds;
  const slow = 1000 * first > milliseconds;
  const seconds = slow ? [first] : [];
  let count = 1;
  while (!slow && (seconds.length === 0 || performance.now() < until)) {
    const elapsed = await time(product, count);
    seconds.push(elapsed / count);
    if (elapsed < LEAST / 1000) count *= 2;
  }
  process.stdout.write(`${JSON.stringify(seconds)}\n`);
}
process.exit(0);

/** Seconds that so many products take. */
async function time(product: Product, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) await product.run();
  await product.wait();
  return (performance.now() - start) / 1000;
}
