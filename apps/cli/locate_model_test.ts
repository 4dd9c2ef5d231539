import assert from "node:assert/strict";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { editArgs, fixture, inFolder, runCli } from "./_run_cli.ts";

const MICRO = fixture("../models/micro");
const COMMIT = "0123456789".repeat(4);

/** A hub cache with the embedded model as `owner/micro`. */
async function cacheWithMicro(cache: string): Promise<void> {
  const folder = join(cache, "models--owner--micro");
  const snapshot = join(folder, "snapshots", COMMIT);
  await mkdir(join(folder, "refs"), { recursive: true });
  await mkdir(snapshot, { recursive: true });
  await writeFile(join(folder, "refs", "main"), COMMIT);
  for (const name of await readdir(MICRO)) {
    await symlink(join(MICRO, name), join(snapshot, name));
  }
}

Deno.test("--model OWNER/NAME is what pull has put into the cache", async () => {
  await inFolder(async (cwd) => {
    const env = { HF_HUB_CACHE: join(cwd, "hub") };
    await cacheWithMicro(env.HF_HUB_CACHE);
    const model = ["--model", "owner/micro"];
    const run = await runCli(editArgs(...model, "-o", "a.png"), { cwd, env });
    assert.equal(run.code, 0, run.stderr);
    const info = await runCli(["info", "a.png", "--json"], { cwd });
    assert.match(
      JSON.parse(info.stdout).model.path,
      /models--owner--micro\/snapshots\/\d{40}$/,
    );
    // the record leads there, whatever the environment says
    const again = ["edit", "-C", "a.png", "-o", "b.png"];
    assert.equal((await runCli(again, { cwd })).code, 0);
    const lora = fixture("../models/micro/lora/edit_transfer.safetensors");
    const inspect = ["lora", "inspect", lora, ...model];
    const { stdout } = await runCli(inspect, { cwd, env });
    assert.match(stdout, /38 of 38 layers are in "owner\/micro"\n$/);
  });
});

Deno.test("--model OWNER/NAME that is not there names pull", async () => {
  await inFolder(async (cwd) => {
    const env = { HF_HUB_CACHE: join(cwd, "hub") };
    for (
      const args of [
        editArgs("--model", "owner/none", "-o", "a.png"),
        ["generate", "--prompt", "a", "--model", "owner/none"],
        ["evaluate", "--count", "1", "--model", "owner/none"],
        ["convert", "owner/none", "--quantize", "8", "-o", "b"],
      ]
    ) {
      const { code, stderr } = await runCli(args, { cwd, env });
      assert.equal(code, 1);
      assert.equal(
        stderr.slice(stderr.indexOf("error: ")),
        `error: Model not found: "owner/none" (main) in the cache "${env.HF_HUB_CACHE}"; edit-transfer pull owner/none brings it\n`,
      );
    }
  });
});
