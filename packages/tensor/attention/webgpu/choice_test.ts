import assert from "node:assert/strict";
import type { AttentionShape } from "../../webgpu/tuned_shape.ts";
import {
  attentionBucket,
  chooseAttention,
  chooseAttentionGradient,
} from "./choice.ts";

const NVIDIA = {
  software: false,
  subgroupSize: 32,
  maxBindingBytes: 2 ** 31 - 4,
  matrixUnits: [{ type: "f16", M: 16, N: 16, K: 16 }],
  matrixLanes: 32,
  workgroupBytes: 48 * 1024,
  precision: "f16",
  forcedAttention: undefined as string | undefined,
} as const;

/** Operands of FLUX.1 at 1024 pixels, or other heads of so many tokens. */
const heads = (D = 128, L = 4608) => {
  const tensor = { shape: [1, 24, L, D], sizeBytes: 4 * 24 * L * D };
  return { q: tensor, k: tensor, bias: undefined };
};

const name = (device: object, operands: object = heads()) =>
  chooseAttention(
    { ...NVIDIA, ...device },
    { ...heads(), ...operands },
  ).name;

Deno.test("chooseAttention() picks the fastest variant that fits", () => {
  assert.deepEqual(chooseAttention(NVIDIA, heads()), {
    name: "matrix",
    matrices: { type: "f16", size: 16, lanes: 32 },
  });
  assert.equal(name({ matrixUnits: [] }), "tile");
  assert.equal(name({ precision: "f32" }), "tile");
  assert.equal(name({ workgroupBytes: 16 * 1024 }), "tile");
  assert.equal(name({}, heads(48)), "tile");
  assert.equal(name({}, { bias: { sizeBytes: 4 } }), "tile");
  assert.equal(name({}, heads(512)), "scores");
  assert.equal(name({}, heads(30)), "scores");
  assert.equal(name({ maxBindingBytes: 2 ** 20 }), "scores");
  assert.equal(name({ software: true }), "scores");
  const apple = { matrixUnits: [{ type: "f32", M: 8, N: 8, K: 8 }] };
  assert.equal(name({ ...apple, workgroupBytes: 32 * 1024 }), "matrix");
});

Deno.test("chooseAttention() runs what is forced where it can", () => {
  assert.equal(name({ forcedAttention: "tile" }), "tile");
  assert.equal(name({ forcedAttention: "scores" }), "scores");
  assert.equal(name({ software: true, forcedAttention: "tile" }), "tile");
  assert.equal(name({ matrixUnits: [], forcedAttention: "matrix" }), "tile");
  assert.throws(() => name({ forcedAttention: "fast" }), {
    name: "DeviceError",
    message:
      'Cannot run attention on "fast" as there are scores, tile and matrix',
  });
});

Deno.test("chooseAttentionGradient() needs what was kept", () => {
  const gradient = (device: object, options = {}) =>
    chooseAttentionGradient({ ...NVIDIA, ...device }, {
      ...heads(),
      ...options,
    })
      .name;
  assert.equal(gradient({}), "matrix");
  assert.equal(gradient({ precision: "f32" }), "tile");
  assert.equal(gradient({ software: true }), "scores");
  assert.equal(gradient({ forcedAttention: "scores" }), "scores");
  const kept = { kept: true };
  assert.equal(gradient({ forcedAttention: "scores" }, kept), "matrix");
  assert.equal(gradient({ software: true }, kept), "tile");
  assert.equal(name({ forcedAttention: "scores" }, { keeps: true }), "matrix");
});

Deno.test("attention that keeps runs as its gradient will", () => {
  const tuned = (_: string, shape: object) =>
    "pass" in shape && shape.pass === "forward" ? "matrix" : "tile";
  assert.equal(name({ tuned }), "matrix");
  assert.equal(name({ tuned }, { keeps: true }), "tile");
});

Deno.test("attention runs what was measured fastest", () => {
  const asked: [string, AttentionShape][] = [];
  const tuned = (bucket: string, shape: object) => {
    asked.push([bucket, shape as AttentionShape]);
    return "pass" in shape && shape.pass === "forward" ? "tile" : "scores";
  };
  assert.equal(name({ tuned }), "tile");
  assert.equal(name({ tuned, forcedAttention: "matrix" }), "matrix");
  assert.equal(name({ tuned }, { bias: { sizeBytes: 4 } }), "tile");
  const { q, k } = heads();
  const device = { ...NVIDIA, tuned };
  assert.equal(chooseAttentionGradient(device, { q, k }).name, "scores");
  const kept = { q, k, kept: true };
  assert.equal(chooseAttentionGradient(device, kept).name, "matrix");
  const shape = { pass: "forward", heads: 24, Lq: 4608, Lk: 4608, D: 128 };
  assert.deepEqual(asked[0], ["attention 32x8192x8192x128", shape]);
  assert.equal(
    attentionBucket({ ...shape, pass: "backward", Lk: 77 }),
    "attention gradient 32x8192x128x128",
  );
});
