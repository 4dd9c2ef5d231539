import { editWork, planMemory, planTraining } from "@edit-transfer/plan";
import { loadPipeline, openModelFolder } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import type { TensorData } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  editJson,
  editWeights,
  WEIGHTS,
  withCopy,
} from "../pipeline/_test_model_copy.ts";

type Tensors = Record<string, TensorData>;
type Part = keyof typeof WEIGHTS;
const X: TensorData = { dtype: "F32", shape: [1], data: Float32Array.of(0) };
const PARTS = Object.keys(WEIGHTS) as Part[];

const first = (tensors: Tensors) => Object.keys(tensors)[0]!;
/** Faults of a weights file, and what makes them. */
const FAULTS: Record<string, (path: string) => Promise<unknown>> = {
  "an array too many": (path) => editWeights(path, (t) => t.extra = X),
  "an array too few": (path) => editWeights(path, (t) => delete t[first(t)]),
  "an array of another shape": (path) =>
    editWeights(path, (t) => t[first(t)] = { ...X, shape: [1, 1, 1] }),
  "an array of integers": (path) =>
    editWeights(path, (t) => {
      const { shape } = t[first(t)]!;
      const size = 4 * shape.reduce((a, b) => a * b, 1);
      t[first(t)] = { dtype: "I32", shape, data: new Uint8Array(size) };
    }),
  "a header cut short": (path) => truncate(path, 100),
  "data cut short": (path) => truncate(path, 20_000),
  "no bytes": (path) => truncate(path, 0),
  "a web page": (path) => writeFile(path, "<!doctype html>"),
  "nothing": (path) => rm(path),
  "a link to nothing": async (path) => {
    await rm(path);
    await symlink("../../blobs/0", path);
  },
  "two variants": async (path) => {
    await rename(path, path.replace(".safe", ".fp16.safe"));
    await writeFile(path.replace(".safe", ".bf16.safe"), "");
  },
  "a scale of fp8 that does not fit": (path) =>
    editWeights(path, (t) => {
      const name = Object.keys(t).find((name) => name.endsWith(".weight"))!;
      const { shape } = t[name]!;
      const size = shape.reduce((a, b) => a * b, 1);
      t[name] = { dtype: "F8_E4M3", shape, data: new Uint8Array(size) };
      t[name.replace(/weight$/, "weight_scale")] = {
        ...X,
        shape: [1, 0],
        data: new Float32Array(0),
      };
    }),
  "NF4 without its scales": (path) =>
    editWeights(path, (t) => {
      const name = `${first(t)}.quant_state.bitsandbytes__nf4`;
      const data = new TextEncoder().encode(
        '{"quant_type":"nf4","blocksize":64,"dtype":"bfloat16","shape":[1]}',
      );
      t[name] = { dtype: "U8", shape: [data.length], data };
    }),
  "weights of nunchaku": (path) =>
    editWeights(path, (t) => t["to_q.wscales"] = X),
  "weights of quanto": (path) =>
    editWeights(path, (t) => t["q.weight._data"] = X),
  "weights of bitsandbytes in 8 bits": (path) =>
    editWeights(path, (t) => t["q.SCB"] = X),
  "a config that quantises otherwise": (path) =>
    editJson(join(path, "../config.json"), (json) => {
      json.quantization_config = { quant_method: "torchao" };
    }),
  "an index of shards that are not there": (path) =>
    rm(path).then(() =>
      writeFile(
        `${path}.index.json`,
        '{"weight_map":{"x":"a.safetensors"}}',
      )
    ),
};

const told = (error: unknown) => {
  const { name, message } = error as Error;
  return `${name}: ${message}`;
};

for (const [fault, spoil] of Object.entries(FAULTS)) {
  Deno.test(`a dry run and a real one refuse ${fault} with the same words, before any work`, async () => {
    for (const part of PARTS) {
      await withCopy(async (folder) => {
        await spoil(join(folder, WEIGHTS[part]));
        const dry = planMemory(folder, { device: "cpu", work: editWork({}) });
        const message = await dry.then(() => "", told);
        assert.match(
          message,
          /^\w*Error: Cannot |^\w*Error: Weights not found/,
        );
        assert.ok(message.includes(folder), message);
        using device = await openDevice("cpu", { threads: 1 });
        const real = loadPipeline(folder, {
          device,
          onPart: () => assert.fail("a part was loaded"),
        });
        assert.equal(await real.then(() => "", told), message);
        assert.equal(
          await openModelFolder(folder).then(() => "", told),
          message,
        );
        const adam = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 };
        const training = planTraining(folder, {
          device: "cpu",
          panelSize: 64,
          batchSize: 1,
          trainer: { rank: 1, seed: 1, adam },
        });
        assert.equal(await training.then(() => "", told), message);
      });
    }
  });
}
