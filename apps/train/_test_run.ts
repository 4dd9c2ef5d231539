import { Progress } from "@edit-transfer/terminal";
import { runTraining } from "@edit-transfer/training";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestModel } from "./_test_model.ts";
import { readConfig } from "./parse_config.ts";
import { resolveConfig } from "./resolve_config.ts";

/** A folder of a test's own. */
export async function folder() {
  const path = await mkdtemp(join(tmpdir(), "train-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Runs a config with the test's model, which has no weights. */
export async function run(
  { config: path, set, resume }: {
    readonly config: string;
    readonly set?: readonly string[];
    readonly resume?: string;
  },
  { model = new TestModel(), signal = new AbortController().signal }: {
    model?: TestModel;
    signal?: AbortSignal;
  } = {},
) {
  const notes: string[] = [];
  const stream = { write: (text: string) => notes.push(text) };
  const { config } = resolveConfig(await readConfig(path, { set }));
  const result = await runTraining(config, {
    openModel: () => Promise.resolve(model),
    progress: new Progress({ stream }),
    signal,
    resume,
  });
  return { result, notes: notes.join("") };
}

/** Where its run is. */
export const out = (dir: { path: string }) => join(dir.path, "out", "run");
