// What the adapter can do at most: copies, multiply-adds, matrix units.
//
// Usage: deno run -A bench/ceilings.ts
import process from "node:process";
import { findGpu, openWebGpuDevice } from "../packages/tensor/webgpu/device.ts";
import { ceilings } from "./ceilings/ceilings.ts";
import { markdownTable } from "./markdown_table.ts";

const adapter = await findGpu({ software: true });
if (adapter === undefined) {
  throw new Error("Cannot measure an adapter as none was found");
}
using device = await openWebGpuDevice(adapter);
const rows = (await ceilings(device)).map(({ name, rate, unit }) => [
  name,
  `${rate.toPrecision(3)} ${unit}`,
]);
const configs = [
  ...(adapter.info as {
    readonly subgroupMatrixConfigs?:
      | Iterable<Record<string, string | number>>
      | undefined;
  }).subgroupMatrixConfigs ?? [],
].map(({ componentType, resultComponentType, M, N, K }) =>
  `${componentType} to ${resultComponentType} ${M}×${N}×${K}`
);
rows.push(["matrix units that it names", configs.join(", ") || "none"]);
process.stdout.write(markdownTable([device.name, "at most"], rows));
