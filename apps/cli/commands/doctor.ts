import {
  type DeviceChoice,
  type GpuInfo,
  gpuInfo,
  measureFlops,
  openDevice,
  type TunedLayer,
  tuneLayers,
} from "@edit-transfer/tensor";
import { formatBytes, print, Progress, table } from "@edit-transfer/terminal";
import os from "node:os";
import process from "node:process";
import { EMBEDDED_LAYERS, FLUX_LAYERS } from "../tuned_layers.ts";
import type { Context, Verb } from "../verb.ts";

/** Features that kernels make use of. */
const USED = /^shader-f16$|subgroup|^timestamp-query$/;

/** A device and how fast it multiplies, or why it cannot be used. */
interface DeviceReport {
  readonly name?: string | undefined;
  readonly gflops?: number | undefined;
  readonly fault?: string | undefined;
}

/** `doctor`: what this machine can run, how fast, and what is missing. */
export const verb: Verb = (command, context) => {
  command
    .option("--tune", "measure the kernels for this graphics card once more")
    .option("--json", "print a JSON object")
    .action((flags) => run(flags, context));
};

async function run(
  flags: { readonly json?: true | undefined; readonly tune?: true | undefined },
  context: Context,
): Promise<void> {
  if (flags.tune === true) return await tune(flags, context);
  const gpu = await gpuInfo({ again: true });
  const report = {
    runtime: `Deno ${
      process.versions.deno ?? "none"
    }, V8 ${process.versions.v8}`,
    system: `${os.platform()} ${os.release()}, ${os.arch()}`,
    processor: `${
      os.cpus()[0]?.model ?? "unknown"
    }, ${os.availableParallelism()} threads`,
    memory: `${formatBytes(os.totalmem())} in all, ${
      formatBytes(os.freemem())
    } free`,
    cpu: await measure("cpu"),
    adapter: gpu ?? null,
    webgpu: gpu === undefined ? null : await measure("webgpu"),
    advice: adviceFor(gpu),
  };
  print(flags.json === true ? JSON.stringify(report) : readable(report));
}

/** Measures the kernels for the layers of both models, and keeps the fastest. */
async function tune(
  flags: { readonly json?: true | undefined },
  { signal }: Context,
): Promise<void> {
  const { software = true, description } = await gpuInfo() ?? {};
  // a software adapter would take hours for the large ones
  const layers = software
    ? EMBEDDED_LAYERS
    : [...EMBEDDED_LAYERS, ...FLUX_LAYERS];
  const progress = new Progress({
    quiet: flags.json,
    units: ["shapes", "shape"],
  });
  progress.start();
  let rows: TunedLayer[];
  try {
    rows = await tuneLayers(layers, {
      onProgress(done, all) {
        signal.throwIfAborted();
        progress.step(done + 1, all, { label: "measuring" });
      },
    });
  } finally {
    progress.end();
  }
  if (flags.json === true) {
    return print(JSON.stringify({ adapter: description, rows }));
  }
  const cells = rows.map((row) => [
    row.bucket,
    row.variant,
    row.microseconds.toFixed(0),
    row.suggested,
    row.suggestedMicroseconds.toFixed(0),
  ]);
  const head = ["shapes up to", "fastest", "µs", "without measuring", "µs"];
  print(`${description}\n\n${table([head, ...cells])}`);
}

/** Multiplies matrices for a while. */
async function measure(choice: DeviceChoice): Promise<DeviceReport> {
  try {
    using device = await openDevice(choice);
    const gflops = await measureFlops(device) / 1e9;
    return { name: device.name, gflops: Math.round(gflops * 10) / 10 };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

/** What to install, if anything is missing. */
function adviceFor(gpu: GpuInfo | undefined): string {
  if (gpu === undefined) {
    return os.platform() === "linux"
      ? "No WebGPU adapter: edits run on the cpu. For a graphics card, install its Vulkan driver and the loader (Debian: apt-get install libvulkan1 mesa-vulkan-drivers; NVIDIA: its own driver)"
      : "No WebGPU adapter: edits run on the cpu. Install the driver of your graphics card";
  }
  if (gpu.f16Fault !== undefined) return gpu.f16Fault;
  return gpu.software
    ? "The only WebGPU adapter is software: --device auto runs on the cpu, which is faster; --device webgpu tests the kernels"
    : "Nothing is missing: --device auto runs on the graphics card";
}

function readable(report: {
  readonly runtime: string;
  readonly system: string;
  readonly processor: string;
  readonly memory: string;
  readonly cpu: DeviceReport;
  readonly adapter: GpuInfo | null;
  readonly webgpu: DeviceReport | null;
  readonly advice: string;
}): string {
  const { adapter, advice } = report;
  const lines: string[][] = [
    ["runtime", report.runtime],
    ["system", report.system],
    ["processor", report.processor],
    ["memory", report.memory],
    ["cpu", deviceText(report.cpu)],
    ["adapter", adapter?.description ?? "none"],
  ];
  if (adapter !== null && report.webgpu !== null) {
    lines.push(["webgpu", deviceText(report.webgpu)]);
    lines.push([
      "features",
      adapter.features.filter((name) => USED.test(name)).join(", "),
    ]);
    lines.push([
      "matrix units",
      adapter.matrixUnits.join(", ") ||
      "none found: products run in f32 on ordinary units",
    ]);
    for (const [name, value] of Object.entries(adapter.limits)) {
      lines.push([name, String(value)]);
    }
  }
  return `${table(lines)}\n\n${advice}`;
}

function deviceText({ name, gflops, fault }: DeviceReport): string {
  return fault ?? `${name}, ${gflops} GFLOP/s at 768 × 768 f32`;
}
