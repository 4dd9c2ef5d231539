import { atomicWrite } from "@edit-transfer/files";
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { writeLora } from "../../packages/training/lora_output.ts";
import type { TrainedCell } from "./train_cell.ts";

/** Numbers of a training, which lie beside its LoRA. */
export type CellNumbers = Omit<TrainedCell, "weights" | "parameters">;

/**
 * Trains and saves a LoRA as `<path>.safetensors`, or takes the one that lies
 * there if it was trained with the same settings.
 */
export async function savedCell(
  path: string,
  { settings, alpha, train }: {
    /** All that decides the LoRA, plain JSON. */
    readonly settings: unknown;
    readonly alpha: number;
    readonly train: () => Promise<TrainedCell>;
  },
): Promise<CellNumbers> {
  const known = await readFile(`${path}.json`, "utf8").then(
    (text) => JSON.parse(text) as { settings: unknown; numbers: CellNumbers },
    () => undefined,
  );
  const plain = JSON.parse(JSON.stringify(settings)) as unknown;
  if (known !== undefined && isDeepStrictEqual(known.settings, plain)) {
    return known.numbers;
  }
  const { weights, parameters, ...numbers } = await train();
  await writeLora(`${path}.safetensors`, weights, {
    parameters,
    alpha,
    training: {},
  });
  const record = `${JSON.stringify({ settings: plain, numbers }, null, 1)}\n`;
  await atomicWrite(`${path}.json`, new TextEncoder().encode(record)); // last: the LoRA is whole
  return numbers;
}
