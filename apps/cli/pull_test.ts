import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { COMMIT, testHub } from "../../packages/hub/_test_hub_server.ts";
import { cliCommand, inFolder, runCli } from "./_run_cli.ts";

const WEIGHTS = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7919 >> 5);
const REPO = {
  files: { "lora.safetensors": WEIGHTS },
  lfs: ["lora.safetensors"],
};

/** Environment of a hub and an empty cache. */
function environment(cwd: string, url: string): Record<string, string> {
  return {
    HF_ENDPOINT: url,
    HF_HUB_CACHE: join(cwd, "cache"),
    HF_HOME: join(cwd, "home"),
    HF_TOKEN: "",
  };
}

Deno.test("pull prints the folder that it filled", async () => {
  await inFolder(async (cwd) => {
    await using hub = await testHub(REPO);
    const env = environment(cwd, hub.url);
    const { code, stdout, stderr } = await runCli(["pull", "owner/model"], {
      cwd,
      env,
    });
    assert.equal(
      stderr.split("\n").at(-2)!.split("  ")[0],
      "lora.safetensors 3/3",
    );
    assert.equal(code, 0);
    assert.ok(stdout.endsWith(`/snapshots/${COMMIT}\n`));
    const bytes = await readFile(join(stdout.trim(), "lora.safetensors"));
    assert.deepEqual(new Uint8Array(bytes), WEIGHTS);
  });
});

Deno.test("pull that is killed again and again ends with the same bytes", async () => {
  await inFolder(async (cwd) => {
    await using hub = await testHub({
      ...REPO,
      stalls: [700_000, 100_000, 1_200_000],
    });
    const env = environment(cwd, hub.url);
    for (let run = 0; run < 3; run++) {
      const child = cliCommand(["pull", "owner/model"], { cwd, env }).spawn();
      await hub.stalled();
      child.kill("SIGKILL");
      await child.output();
    }
    const { stdout } = await runCli(["pull", "owner/model"], { cwd, env });
    const bytes = await readFile(join(stdout.trim(), "lora.safetensors"));
    assert.deepEqual(new Uint8Array(bytes), WEIGHTS);
    const starts = hub.requests.flatMap((r) =>
      r.match(/bytes=(\d+)/)?.[1] ?? []
    );
    assert.ok(Number(starts.at(-1)) > 1_500_000, `begun at ${starts}`);
  });
});

Deno.test("pull of a gated repository ends with one sentence", async () => {
  await inFolder(async (cwd) => {
    const gate = { token: "hf_x", status: 403, code: "GatedRepo" } as const;
    await using hub = await testHub({ ...REPO, gate });
    const { code, stderr } = await runCli(["pull", "owner/model", "--quiet"], {
      cwd,
      env: environment(cwd, hub.url),
    });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^error: Cannot pull owner\/model as its licence .*\n$/,
    );
  });
});
