import { addPngText, blankImage, encodePng } from "@edit-transfer/image";
import { writeSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { editArgs, fixture, inFolder, runCli } from "./_run_cli.ts";

/** A title, a clear screen, a control of one byte, and a turn of direction. */
const HOSTILE = "\x1b]0;t\x07\x1b[2J\x9b31m\u202e";
/** The same as it is shown. */
const SHOWN = "\\u001b]0;t\\u0007\\u001b[2J\\u009b31m\\u202e";
const OBEYED = // deno-lint-ignore no-control-regex
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/;

/** Runs the program, which must show the hostile text and obey none of it. */
async function shows(args: string[], cwd: string): Promise<void> {
  const env = { HF_HUB_CACHE: cwd };
  const { stdout, stderr } = await runCli(args, { cwd, env });
  const all = stdout + stderr;
  assert.ok(!OBEYED.test(all), JSON.stringify(all));
  assert.ok(all.includes(SHOWN), all);
}

const FILE = { path: "embedded", sha256: "0" };
const RECORD = {
  command: "generate",
  program: "edit-transfer 0.1.0",
  model: FILE,
  loras: [],
  prompt: `a ${HOSTILE}`,
  seed: 1,
  steps: 1,
  guidance: 1,
  device: { kind: "cpu", name: HOSTILE },
  width: 64,
  height: 64,
};

/** A picture with a record and what other programs read. */
async function picture(record: object): Promise<Uint8Array> {
  return addPngText(await encodePng(blankImage(8, 8)), {
    edit_transfer: JSON.stringify(record),
    parameters: RECORD.prompt,
  });
}

const sources: Record<string, (cwd: string) => Promise<string[]>> = {
  "a picture's record": async (cwd) => {
    await writeFile(`${cwd}/a.png`, await picture(RECORD));
    return ["info", "a.png"];
  },
  "a picture's record, as JSON": async (cwd) => {
    await writeFile(`${cwd}/a.png`, await picture(RECORD));
    return ["info", "a.png", "--json"];
  },
  "an unknown key of a record": async (cwd) => {
    await writeFile(`${cwd}/a.png`, await picture({ ...RECORD, [HOSTILE]: 1 }));
    return ["generate", "-C", "a.png"];
  },
  "a path": () => Promise.resolve(editArgs("--query", `${HOSTILE}.png`)),
  "a model's path": () =>
    Promise.resolve(editArgs("--model", `${HOSTILE}/x`, "-o", "b.png")),
  "LoRA metadata and keys": async (cwd) => {
    const matrix = (shape: number[]) => ({
      dtype: "F32" as const,
      shape,
      data: new Float32Array(shape[0]! * shape[1]!).fill(1),
    });
    await writeSafetensors(`${cwd}/a.safetensors`, {
      [`transformer.${HOSTILE}.lora_A.weight`]: matrix([1, 2]),
      [`transformer.${HOSTILE}.lora_B.weight`]: matrix([2, 1]),
    }, { metadata: { template: HOSTILE, [HOSTILE]: "a" } });
    return ["lora", "inspect", "a.safetensors"];
  },
  "LoRA keys that no layer takes": async (cwd) => {
    await sources["LoRA metadata and keys"]!(cwd);
    return editArgs("--lora", "a.safetensors", "-o", "b.png");
  },
  "a line of jobs": async (cwd) => {
    const picture = { before: "a", after: "a", query: "a", output: "b.png" };
    const line = JSON.stringify({ ...picture, [HOSTILE]: 1 });
    await writeFile(`${cwd}/jobs.jsonl`, line);
    return ["batch", "jobs.jsonl"];
  },
  "an output of a job": async (cwd) => {
    const picture = fixture("demo/0000/query.png");
    const job = { before: picture, after: picture, query: picture };
    const output = `${HOSTILE}/a.png`;
    await writeFile(`${cwd}/jobs.jsonl`, JSON.stringify({ ...job, output }));
    return ["batch", "jobs.jsonl"];
  },
  "rules": async (cwd) => {
    const text = `"a": ${JSON.stringify(HOSTILE)}\n`;
    await writeFile(`${cwd}/rules.yaml`, text);
    const rules = ["--rules", "rules.yaml", "-o", "b"];
    return ["convert", fixture("../models/micro"), "--quantize", "8", ...rules];
  },
  "a case": async (cwd) => {
    const id = JSON.stringify({ id: HOSTILE, edit: "a", types: [] });
    await writeFile(`${cwd}/cases.jsonl`, id);
    return ["evaluate", "--cases", "."];
  },
  "a model's config": async (cwd) => {
    await mkdir(`${cwd}/model`);
    const index = JSON.stringify({ _class_name: HOSTILE });
    await writeFile(`${cwd}/model/model_index.json`, index);
    return editArgs("--model", "model", "-o", "b.png");
  },
};

for (const [name, prepare] of Object.entries(sources)) {
  Deno.test(`the program shows ${name} and obeys nothing of it`, async () => {
    await inFolder(async (cwd) => await shows(await prepare(cwd), cwd));
  });
}
