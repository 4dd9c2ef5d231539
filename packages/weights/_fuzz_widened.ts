import { writeFile } from "node:fs/promises";
import {
  countRuns,
  type FuzzCounts,
  mutateBytes,
  mutateJson,
  type Random,
  seededRandom,
} from "./_fuzz.ts";
import { fileOf } from "./_test_file.ts";
import { joinBytes } from "./join_bytes.ts";
import { readRows } from "./read_rows.ts";
import { readStored } from "./read_stored.ts";
import { openSafetensors } from "./safetensors_file.ts";
import { safetensorsParts } from "./safetensors_writer.ts";
import { widenWeights } from "./widen_weights.ts";
import type { TensorData } from "./memory_weights.ts";
import { NF4_CODE } from "./nf4.ts";

const STATE = {
  quant_type: "nf4",
  blocksize: 64,
  dtype: "bfloat16",
  shape: [2, 64],
  nested_blocksize: 256,
  nested_dtype: "float32",
  nested_offset: 0.5,
};

const floats = (count: number): TensorData => ({
  dtype: "F32",
  shape: [count],
  data: new Float32Array(count).fill(0.5),
});
const bytes = (dtype: TensorData["dtype"], ...shape: number[]): TensorData => {
  const size = shape.reduce((a, b) => a * b, dtype === "F64" ? 8 : 1);
  return { dtype, shape, data: new Uint8Array(size).fill(0x31) };
};

/** A file with a weight in NF4, one in scaled fp8 and one in float64. */
function file(state: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return joinBytes(safetensorsParts({
    "q.weight": bytes("U8", 64, 1),
    "q.weight.absmax": bytes("U8", 2),
    "q.weight.quant_map": { dtype: "F32", shape: [16], data: NF4_CODE },
    "q.weight.nested_absmax": floats(1),
    "q.weight.nested_quant_map": floats(256),
    "q.weight.quant_state.bitsandbytes__nf4": {
      dtype: "U8",
      shape: [state.length],
      data: state,
    },
    "k.weight": bytes("F8_E4M3", 2, 64),
    "k.scale_weight": floats(2),
    "bias": bytes("F64", 3),
  }, {}));
}

/** Mutates a file of weights that are widened, opens it and reads all of it. */
export function fuzzWidened(
  { seed, runs, path }: { seed: number; runs: number; path: string },
): Promise<FuzzCounts> {
  const random = seededRandom(seed);
  const text = (json: unknown) =>
    new TextEncoder().encode(JSON.stringify(json));
  const whole = file(text(STATE));
  const [headerSize] = new Uint32Array(whole.slice(0, 4).buffer);
  const header = JSON.parse(
    new TextDecoder().decode(whole.subarray(8, 8 + headerSize!)),
  );
  const mutations: ((random: Random) => Uint8Array)[] = [
    () => mutateBytes(whole, random),
    () => fileOf(mutateJson(header, random), whole.length - 8 - headerSize!),
    () => file(text(mutateJson(STATE, random))),
    () => file(mutateBytes(text(STATE), random)),
  ];
  return countRuns(runs, async () => {
    await writeFile(path, mutations[random(mutations.length)]!(random));
    await using weights = await widenWeights(await openSafetensors(path));
    for (const name of weights.names()) {
      const { sizeBytes, shape: [rows], stored } = weights.info(name);
      const { length } = await weights.read(name);
      if (length !== sizeBytes) throw new Error("Internal: a tensor is cut");
      if (rows === undefined || rows === 0) continue;
      const last = await readRows(weights, name, {
        start: rows - 1,
        end: rows,
      });
      if (last.length !== sizeBytes / rows) {
        throw new Error("Internal: a row is cut");
      }
      if (stored === undefined) continue;
      const blocks = await readStored(weights, name);
      if (blocks.length !== stored.sizeBytes) {
        throw new Error("Internal: a block is cut");
      }
    }
  });
}
