// Attention over 24 heads of 128 on the cpu and on the adapter, forward and
// backward, each variant by name; fewer and shorter heads on software adapters.
// Counted are 4 H L² D operations forward and 10 backward; the rates are printed
// at the end, from the median.
import { type Device, openDevice, Tensor } from "@edit-transfer/tensor";
import process from "node:process";
import { attention } from "../packages/tensor/attention/webgpu/attention.ts";
import { chooseAttention } from "../packages/tensor/attention/webgpu/choice.ts";
import { attentionGradient } from "../packages/tensor/attention/webgpu/gradient.ts";
import {
  findGpu,
  openWebGpuDevice,
  type WebGpuDevice,
} from "../packages/tensor/webgpu/device.ts";

const D = 128;
const HARDWARE = { H: 24, lengths: [288, 1536, 4608] };
const SOFTWARE = { H: 4, lengths: [288, 768] };

const adapter = await findGpu({ software: true });
const gpu = adapter && await openWebGpuDevice(adapter);
const rates = new Map<string, { operations: number; seconds: number[] }>();

/** Operands of `H` heads over `L` tokens, and room for the results. */
function operands(device: Device, H: number, L: number) {
  const filled = (seed: number) =>
    Tensor.from(
      device,
      Float32Array.from({ length: H * L * D }, (_, i) => Math.sin(seed + i)),
      { shape: [1, H, L, D] },
    );
  const empty = () => new Tensor(device, [1, H, L, D]);
  return {
    q: filled(1),
    k: filled(2),
    v: filled(3),
    dy: filled(4),
    y: empty(),
    out: { dq: empty(), dk: empty(), dv: empty() },
    logSumExp: new Tensor(device, [1, H, L]),
  };
}

/** Registers one measurement, whose rate is printed at the end. */
function measure(
  name: string,
  { operations, run }: { operations: number; run: () => Promise<void> },
): void {
  const seconds: number[] = [];
  rates.set(name, { operations, seconds });
  Deno.bench({
    name,
    n: 5,
    warmup: 1,
    async fn() {
      const start = performance.now();
      await run();
      seconds.push((performance.now() - start) / 1000);
    },
  });
}

/** Both passes on a device, of which `force` may name the variant. */
function benchDevice(device: Device, force?: string): void {
  const { H, lengths } =
    device.kind === "cpu" || (device as WebGpuDevice).software
      ? SOFTWARE
      : HARDWARE;
  for (const L of lengths) {
    let held: ReturnType<typeof operands> | undefined;
    const options = { scale: D ** -0.5, bias: undefined };
    const context = force === undefined
      ? undefined
      : forced(device as WebGpuDevice, force);
    const name = force ?? "cpu";
    const forward = () => {
      const { q, k, v, y, logSumExp } = held ??= operands(device, H, L);
      const keeps = context !== undefined && force !== "scores";
      const all = { ...options, logSumExp: keeps ? logSumExp : undefined };
      if (context !== undefined) attention(context, y, [q, k, v], all);
      else device.kernels.attention(y, q, k, v, all);
    };
    measure(`${name}, forward, ${H} x ${L} x ${D}`, {
      operations: 4 * H * L * L * D,
      run: async () => {
        forward();
        await device.sync();
      },
    });
    measure(`${name}, backward, ${H} x ${L} x ${D}`, {
      operations: 10 * H * L * L * D,
      run: async () => {
        if (held === undefined) forward();
        const { q, k, v, dy, y, logSumExp, out } = held!;
        const kept = context === undefined || force === "scores"
          ? undefined
          : { y, logSumExp };
        const from = { q, k, v, dy, kept };
        if (context !== undefined) {
          attentionGradient(context, out, from, options);
        } else device.kernels.attentionGradient(out, from, options);
        await device.sync();
      },
    });
  }
}

/** The device, with a variant forced. */
function forced(device: WebGpuDevice, variant: string): WebGpuDevice {
  return new Proxy(device, {
    get(device, name) {
      if (name === "forcedAttention") return variant;
      const value = Reflect.get(device, name, device);
      return typeof value === "function" ? value.bind(device) : value;
    },
  });
}

benchDevice(await openDevice("cpu"));
if (gpu !== undefined) {
  const shape = { shape: [1, 1, 64, D], sizeBytes: 0 };
  const one = { q: shape, k: shape, bias: undefined };
  for (const force of ["scores", "tile", "matrix"]) {
    if (gpu.software && force === "tile") continue; // barriers make it crawl
    const variant = chooseAttention(forced(gpu, force), one);
    if (variant.name === force) benchDevice(gpu, force);
  }
}

globalThis.addEventListener("unload", () => {
  for (const [name, { operations, seconds }] of rates) {
    if (seconds.length === 0) continue;
    const median = seconds.toSorted((a, b) => a - b)[seconds.length >> 1]!;
    const rate = (operations / median / 1e9).toFixed(1);
    process.stdout.write(`${name}: ${rate} GFLOP/s\n`);
  }
});
