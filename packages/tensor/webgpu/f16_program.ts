/**
 * Multiplies in f16 on the adapter that the program would take, on its matrix
 * units if it has any, and ends with 0 if the products are
 * right, with 3 if they are wrong.
 *
 * A process of its own, as one release of Dawn aborted here on one card. It
 * imports nothing: the library and its toggles are arguments.
 */
import process from "node:process";

const [library, ...toggles] = process.argv.slice(2);
const { create } = await import(library!);
const gpu = create(toggles);
const adapter = await gpu.requestAdapter({
  powerPreference: "high-performance",
});
const { subgroupMaxSize: lanes, subgroupMatrixConfigs = [] } = adapter.info;
const features = [
  "shader-f16",
  "subgroups",
  "chromium-experimental-subgroup-matrix",
].filter((name) => adapter.features.has(name));
const device = await adapter.requestDevice({ requiredFeatures: features });

/** Runs a program on ones of f16; says whether all of its results are `expected`. */
async function gives(expected: number, code: string): Promise<boolean> {
  const [STORAGE, COPY_FROM, COPY_TO, MAP] = [0x80, 0x4, 0x8, 0x1];
  const [count, size] = [256, 1024];
  const ones = device.createBuffer({ size, usage: STORAGE | COPY_TO });
  const ONES = 0x3c003c00; // two of f16
  device.queue.writeBuffer(ones, 0, new Uint32Array(count).fill(ONES));
  const results = device.createBuffer({ size, usage: STORAGE | COPY_FROM });
  const read = device.createBuffer({ size, usage: MAP | COPY_TO });
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }) },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [ones, results].map((buffer, binding) => ({
    binding,
    resource: { buffer },
  }));
  const layout = pipeline.getBindGroupLayout(0);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(results, 0, read, 0, size);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(MAP);
  const found = new Float32Array(read.getMappedRange());
  return found.every((value) => value === expected);
}

const buffers = `
@group(0) @binding(0) var<storage, read> ones : array<u32>;
@group(0) @binding(1) var<storage, read_write> y : array<f32>;
`;
let right = await gives(
  3,
  `enable f16;
${buffers}
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) i : u32) {
  y[i] = f32(f16(unpack2x16float(ones[i]).y) * 3h);
}`,
);
const unit = [...subgroupMatrixConfigs].find((
  { componentType, resultComponentType, M, N }: Record<string, unknown>,
) =>
  componentType === "f16" && resultComponentType === "f32" && M === N &&
  (M === 16 || M === 8)
);
if (features.length === 3 && unit !== undefined) {
  const { M, N, K } = unit;
  const blocks = Array.from(
    { length: 256 / M / N },
    (_, i) => `subgroupMatrixStore<row_major>(&y, ${i * M * N}u, sums, ${N}u);`,
  );
  right &&= await gives(
    K,
    `enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
${buffers}
@compute @workgroup_size(${lanes})
fn main() {
  let a = subgroupMatrixLoad<subgroup_matrix_left<f16, ${K}, ${M}>, row_major>(
    &ones, 0u, ${K / 2}u);
  let b = subgroupMatrixLoad<subgroup_matrix_right<f16, ${N}, ${K}>, row_major>(
    &ones, 0u, ${N / 2}u);
  let sums = subgroupMatrixMultiplyAccumulate(
    a, b, subgroup_matrix_result<f32, ${N}, ${M}>());
  ${blocks.join("\n  ")}
}`,
  );
}
// named to the end, as devices crash when their library is collected
process.exit(right && gpu !== undefined ? 0 : 3);
