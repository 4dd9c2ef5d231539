import {
  add,
  affine,
  DeviceError,
  openDevice,
  OutOfMemoryError,
  Tensor,
} from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { gpuTest } from "./_test_device.ts";
import { findGpu, type WebGpuDevice } from "./device.ts";
import { variantName } from "./variant.ts";

gpuTest("sync() throws for a shader that does not compile", {}, async (gpu) => {
  using x = Tensor.from(gpu, [1, 2, 3]);
  using y = affine(x, 2, 0);
  gpu.run({
    variant: { name: "broken", source: "@compute fn main() { nonsense }" },
    reads: [],
    writes: [{ storage: gpu.empty, offset: 0, size: 256 }],
    ints: [],
    workgroups: 1,
    work: 1,
  });
  await assert.rejects(gpu.sync(), (error: unknown) => {
    assert.ok(error instanceof DeviceError);
    assert.match(error.message, /^Cannot go on with webgpu .* got /);
    return true;
  });
  await assert.rejects(y.data(), DeviceError);
  assert.throws(() => affine(x, 2, 0), DeviceError);
});

gpuTest("download() throws for an invalid dispatch", {}, async (gpu) => {
  using x = Tensor.from(gpu, [1, 2, 3]);
  gpu.run({
    variant: {
      name: "too_many",
      source: `@group(0) @binding(0) var<storage, read_write> y : array<f32>;
        @compute @workgroup_size(1) fn main() { y[0] = 1.0; }`,
    },
    reads: [],
    writes: [{ storage: gpu.empty, offset: 0, size: 256 }],
    ints: [],
    workgroups: [100_000, 1, 1], // over the limit of a dimension
    work: 1,
  });
  await assert.rejects(x.data(), DeviceError);
});

gpuTest("sync() throws when the device is lost", {}, async (gpu) => {
  using x = Tensor.from(gpu, [1, 2, 3]);
  gpu.gpu.destroy();
  await gpu.gpu.lost;
  await assert.rejects(gpu.sync(), {
    name: "DeviceError",
    message: /lost/,
  });
  assert.throws(() => affine(x, 1, 0), DeviceError);
});

gpuTest("allocate() throws for more than a buffer holds", {}, (gpu) => {
  assert.throws(() => gpu.allocate("f32", 2 ** 40), OutOfMemoryError);
  return Promise.resolve();
});

gpuTest("sync() throws when memory ran out", {}, async (gpu) => {
  const real = gpu.gpu.popErrorScope.bind(gpu.gpu);
  gpu.gpu.popErrorScope = async () => {
    await real();
    gpu.gpu.popErrorScope = real;
    return { message: "VK_ERROR_OUT_OF_DEVICE_MEMORY" } as GPUError;
  };
  using x = Tensor.from(gpu, [1, 2, 3]);
  await assert.rejects(gpu.sync(), {
    name: "OutOfMemoryError",
    sizeBytes: 12,
    message: /^Cannot allocate 0.0 MiB on webgpu .* as memory ran out/,
  });
  await assert.rejects(x.data(), OutOfMemoryError);
});

gpuTest("openDevice() hands its options to the device", {}, async () => {
  using device = await openDevice("webgpu", { precision: "f32" });
  assert.equal((device as WebGpuDevice).precision, "f32");
});

gpuTest("a destroyed device refuses work", {}, async (gpu) => {
  const x = Tensor.from(gpu, [1, 2, 3]);
  gpu[Symbol.dispose]();
  x.dispose();
  assert.throws(() => gpu.allocate("f32", 1), DeviceError);
  await assert.rejects(gpu.sync(), DeviceError);
});

gpuTest(
  "a buffer may be reused while its reader is recorded",
  {},
  async (gpu) => {
    const first = Tensor.from(gpu, new Float32Array(1000).fill(1));
    using y = affine(first, 2, 0);
    first.dispose();
    using second = Tensor.from(gpu, new Float32Array(1000).fill(5)); // same buffer
    using z = affine(second, 3, 0);
    assert.equal((await y.data())[999], 2);
    assert.equal((await z.data())[999], 15);
  },
);

gpuTest("buffers are reused in order over many batches", {}, async (gpu) => {
  let x = Tensor.from(gpu, new Float32Array(300).fill(0));
  using one = Tensor.from(gpu, new Float32Array(300).fill(1));
  for (let i = 0; i < 500; i++) {
    const next = i % 100 === 99
      ? Tensor.from(gpu, new Float32Array(300).fill(i + 1))
      : add(x, one);
    x.dispose();
    x = next;
  }
  using y = affine(x, 1, 0);
  x.dispose();
  assert.deepEqual([...new Set(await y.data())], [500]);
  assert.equal(gpu.memory.tensors, 2);
});

gpuTest("memory counts live tensors", {}, async (gpu) => {
  const a = Tensor.from(gpu, [1, 2, 3]);
  const b = affine(a, 1, 0);
  const held = { heldBytes: 3 * 256, peakHeldBytes: 3 * 256 }; // one for `empty`
  assert.deepEqual({ ...gpu.memory }, {
    tensors: 2,
    bytes: 24,
    peakBytes: 24,
    ...held,
  });
  a.dispose();
  b.dispose();
  assert.deepEqual({ ...gpu.memory }, {
    tensors: 0,
    bytes: 0,
    peakBytes: 24,
    ...held,
  });
  await gpu.sync();
});

gpuTest(
  "idle buffers are given up rather than exceed maxBytes",
  { maxBytes: 3 * 2 ** 20 },
  async (gpu) => {
    for (const size of [2 ** 18, 2 ** 19, 3 * 2 ** 17]) {
      using x = new Tensor(gpu, [size]);
      using y = affine(x, 0, 1);
      assert.equal(y.size, size);
    }
    // two of the size at a time, but of one size only
    assert.ok(gpu.memory.peakHeldBytes <= 4 * 2 ** 20 + 256);
    using z = affine(Tensor.from(gpu, [1, 2]), 2, 0);
    assert.deepEqual([...await z.data()], [2, 4]);
  },
);

gpuTest(
  "odd numbers of 16-bit elements survive the round trip",
  {},
  async (gpu) => {
    const values = Uint16Array.of(1, 2, 0xffff, 4, 5);
    using x = Tensor.from(gpu, values, { dtype: "bf16" });
    assert.deepEqual(await x.data(), values);
    using i = Tensor.from(gpu, [-3, 7], { dtype: "i32" });
    assert.deepEqual(await i.data(), Int32Array.of(-3, 7));
  },
);

gpuTest("idle buffers in excess are freed", {}, async (gpu) => {
  const n = 48 * 2 ** 20; // 192 MiB each, never touched
  for (let i = 0; i < 8; i++) gpu.release(gpu.allocate("f32", n + i * 2 ** 22));
  using x = Tensor.from(gpu, [1]);
  using y = affine(x, 7, 0);
  assert.deepEqual([...await y.data()], [7]);
});

gpuTest("setImmediate is restored by destroy()", {}, async (gpu) => {
  const eased = globalThis.setImmediate;
  await gpu.sync();
  gpu[Symbol.dispose]();
  if (gpu.software) assert.notEqual(globalThis.setImmediate, eased);
  assert.equal(globalThis.setImmediate.name, "setImmediate");
});

gpuTest(
  "findGpu() passes over software adapters if told to",
  {},
  async (gpu) => {
    const found = await findGpu({ software: false });
    assert.equal(found === undefined, gpu.software);
  },
);

Deno.test("findGpu() finds nothing when there is no driver", async () => {
  const none = { requestAdapter: () => Promise.resolve(null) };
  const broken = {
    requestAdapter: () => Promise.reject(new Error("No libvulkan")),
  };
  for (const gpu of [none, broken]) {
    const found = await findGpu({ gpu: gpu as unknown as GPU, software: true });
    assert.equal(found, undefined);
  }
});

Deno.test("variantName() lists what the kernel depends on", () => {
  const variant = { name: "norm", source: "", spec: { T: "f32" } };
  assert.equal(variantName(variant), "norm(T=f32)");
  assert.equal(
    variantName({ ...variant, constants: { LANES: 8 } }),
    "norm(T=f32,LANES=8)",
  );
});
