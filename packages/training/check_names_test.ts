import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { checkNames } from "./check_names.ts";
import type { TrainConfig } from "./train_config.ts";

Deno.test("checkNames() refuses runs that would write over what they read", async () => {
  await using folder = await testFolder();
  const run = folder.at("out/run");
  await mkdir(run, { recursive: true });
  await mkdir(folder.at("data"));
  await writeFile(folder.at("out/run/run.safetensors"), "");
  await symlink(run, folder.at("alias"));
  const check = (
    model: string,
    { path, judged, pictures = [] }: {
      readonly path?: string;
      readonly judged?: string;
      readonly pictures?: readonly string[];
    } = {},
  ) => {
    const config = {
      folder: run,
      name: "run",
      model,
      data: [{ path }],
      validation: { data: judged === undefined ? undefined : { path: judged } },
    } as unknown as TrainConfig;
    return checkNames(config, pictures);
  };
  const model = folder.at("model");
  await check(model);
  await check(model, {
    path: folder.at("data"),
    pictures: [folder.at("a.png")],
  });
  await check(folder.at("out/run/other.safetensors"));
  for (
    const [read, work] of [
      ["out/run/run.safetensors", (path: string) => check(path)],
      ["alias/run.safetensors", (path: string) => check(path)],
      ["out/run/Run_EMA.safetensors", (path: string) => check(path)],
      ["alias", (path: string) => check(model, { path })],
      ["out/run/samples", (path: string) => check(model, { judged: path })],
      ["alias/loss.png", (path: string) => check(model, { pictures: [path] })],
      [
        "alias/samples/000000004.png",
        (path: string) => check(model, { pictures: [path] }),
      ],
    ] as const
  ) {
    await assert.rejects(work(folder.at(read)), {
      name: "ConfigError",
      message:
        `Cannot train in "${run}" as the run must not write over what it reads: got "${
          folder.at(read)
        }"; name another training_folder`,
    });
  }
});
