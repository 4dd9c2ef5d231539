import assert from "node:assert/strict";
import { QUANTIZED } from "../../_test_blocks.ts";
import { nullDevice } from "../../webgpu/_test_null_device.ts";
import type { GemmCapabilities } from "../../webgpu/context.ts";
import type { GemmSpec } from "../wgsl/common.ts";
import { gemmVariants, matrixVariant } from "./variants.ts";

/** A device with everything that any variant asks for. */
const ALL: GemmCapabilities = {
  software: false,
  subgroupSize: 8,
  matrixUnits: [
    { type: "f16", M: 16, N: 16, K: 16 },
    { type: "f32", M: 8, N: 8, K: 8 },
  ],
  matrixLanes: 32,
  workgroupBytes: 49_152,
};

Deno.test("variants have names of their own", () => {
  const names = gemmVariants(ALL).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.includes("matrix:f16:128x128x32:2x2"));
  assert.ok(names.includes("tile:64x64") && names.includes("shuffle:16"));
});

Deno.test("variants that need more memory than a workgroup has are left out", () => {
  const names = gemmVariants({ ...ALL, workgroupBytes: 16_384 })
    .map(({ name }) => name);
  assert.ok(!names.includes("matrix:f16:128x128x32:2x2"));
  assert.ok(names.includes("matrix:f16:64x64x32:2x2"));
});

Deno.test("units of f16 refuse weights of f32 and three channels", () => {
  const [half] = gemmVariants(ALL);
  const shape = { batch: 1, M: 64, N: 64, K: 64, bType: "f16" } as const;
  assert.equal(half!.lacks(shape), undefined);
  assert.match(half!.lacks({ ...shape, bType: "f32" })!, /16 bits/);
  assert.match(half!.lacks({ ...shape, channels: 3 })!, /channels/);
});

Deno.test("every variant compiles and is valid, without any adapter", async () => {
  const device = await nullDevice();
  const { maxComputeWorkgroupStorageSize: bytes } = device.limits;
  const variants = [
    ...gemmVariants(ALL),
    matrixVariant({
      rows: 32,
      columns: 64,
      depth: 32,
      down: 1,
      across: 2,
      lanes: 32,
      unit: ALL.matrixUnits[0]!,
      emulate: true,
    }),
  ];
  const small = new Set(
    gemmVariants({ ...ALL, workgroupBytes: bytes }).map(({ name }) => name),
  );
  for (const variant of variants) {
    for (const spec of specs(variant.factors)) {
      const code = variant.wgsl(spec);
      const label = `${variant.name} ${JSON.stringify(spec)}`;
      const module = device.createShaderModule({ code });
      const { messages } = await module.getCompilationInfo();
      assert.deepEqual(messages.map(({ message }) => message), [], label);
      if (!small.has(variant.name)) continue; // over the limits of the null adapter
      await device.createComputePipelineAsync({
        label,
        layout: "auto",
        compute: { module, entryPoint: "main" },
      });
    }
  }
  device.destroy();
});

/** Operands in every way that a variant may meet them. */
function specs(factors: "f32" | "f16"): GemmSpec[] {
  const bTypes = factors === "f16"
    ? ["f16", "bf16"] as const
    : ["f32", "f16", "bf16"] as const;
  const blocks = QUANTIZED.flatMap((bType) =>
    [true, false].map((transposeB): GemmSpec => ({
      a: factors === "f16" ? "vec8" : "vec4",
      b: "blocks",
      out: "vec4",
      activation: "geluTanh",
      residual: "gated",
      bType,
      transposeB,
      conv: false,
    }))
  );
  const dense = bTypes.flatMap((bType) =>
    [true, false].flatMap((transposeB) =>
      [true, false].map((conv): GemmSpec => ({
        a: factors === "f16" ? "vec8" : conv ? "scalar" : "vec4",
        b: conv ? "scalar" : factors === "f16" ? "vec8" : "vec4",
        out: conv ? "scalar" : "vec4",
        activation: conv ? "gelu" : transposeB ? "geluTanh" : undefined,
        residual: conv ? "gated" : transposeB ? "gated" : "plain",
        bType,
        transposeB,
        conv,
      }))
    )
  );
  return [...dense, ...blocks];
}
