import assert from "node:assert/strict";
import {
  cliCommand,
  editArgs,
  filesIn,
  fixture,
  inFolder,
  runCli,
} from "./_run_cli.ts";

Deno.test("edit --dry-run prints what would live where, and writes nothing", async () => {
  await inFolder(async (cwd) => {
    const run = await runCli(editArgs("--dry-run"), { cwd });
    assert.equal(run.code, 0, run.stderr);
    assert.match(
      run.stdout,
      /^phase +weights +a block +activations +peak\ntext .*\nencode .*\ndenoise .*\ndecode .*\n\ndevice: cpu \(\d+ threads?\), \d+\.\d MB with rounding and idle buffers\nblocks: all 5 stay on the device\n$/,
    );
    assert.deepEqual(filesIn(cwd), []);

    const json = await runCli(
      editArgs("--dry-run", "--json", "--max-vram", "17MB"),
      { cwd },
    );
    const { plan } = JSON.parse(json.stdout);
    assert.equal(plan.maxBytes, 17e6);
    assert.ok(plan.heldBytes <= 17e6);
    assert.equal(plan.resident.length, plan.blocks);
    assert.ok(plan.readBytes > 0);
    assert.deepEqual(filesIn(cwd), []);
  });
});

Deno.test("--dry-run says where the model was not made for a size", async () => {
  await inFolder(async (cwd) => {
    const args = [
      editArgs("--dry-run", "--panel-size", "272"),
      ["generate", "--prompt", "a", "--size", "576", "--dry-run"],
    ];
    for (const [i, size] of ["272 x 272", "576 x 576"].entries()) {
      const run = await runCli([...args[i]!, "--device", "cpu"], { cwd });
      assert.equal(run.code, 0, run.stderr);
      assert.match(
        run.stderr,
        new RegExp(`^notice: The model was made for .*poorly at ${size}$`, "m"),
      );
    }
  });
});

Deno.test("--max-vram gives the same picture with fewer blocks on the device", async () => {
  await inFolder(async (cwd) => {
    await runCli(editArgs("-o", "a.png", "--seed", "1", "2"), { cwd });
    const args = ["--max-vram", "17MB", "--preview-dir", "steps"];
    const run = await runCli(
      editArgs("-o", "b.png", "--seed", "1", "2", ...args),
      { cwd },
    );
    assert.equal(run.code, 0, run.stderr);
    assert.match(
      run.stderr,
      /notice: blocks: \d of 5 stay on the device, \d+\.\d MB are read in each step; one part of the model at a time\n/,
    );
    for (const seed of [1, 2]) {
      assert.deepEqual(
        await Deno.readFile(`${cwd}/b_seed_${seed}.png`),
        await Deno.readFile(`${cwd}/a_seed_${seed}.png`),
      );
    }
    assert.equal(filesIn(`${cwd}/steps`).length, 4);
  });
});

Deno.test("what cannot fit is refused with what would, and exit code 4", async () => {
  await inFolder(async (cwd) => {
    const refused = await runCli(editArgs("--max-vram", "1MB"), { cwd });
    assert.equal(refused.code, 4);
    assert.match(
      refused.stderr,
      /error: Cannot fit "denoise" into 1MB of cpu \(\d+ threads?\) as it takes 17MB with one part of the model and one block at a time: use at least 17MB\n$/,
    );
    assert.equal(refused.stdout, "");

    const large = await runCli([
      ...["generate", "--prompt", "a person", "--size", "512"],
      ...["--device", "cpu", "--max-vram", "60MB", "--dry-run"],
    ], { cwd });
    assert.equal(large.code, 4);
    assert.match(
      large.stderr,
      /use at least \d+MB, or --size (\d+)x\1, which takes \d+MB\n$/,
    );

    const unit = await runCli(editArgs("--max-vram", "12"), { cwd });
    assert.equal(unit.code, 2);
    assert.match(unit.stderr, /It must be like 12GB, 11\.5GiB or 400MB\./);
    assert.deepEqual(filesIn(cwd), []);
  });
});

Deno.test("batch --max-vram makes what edit makes", async () => {
  await inFolder(async (cwd) => {
    const demo = (name: string) => fixture(`demo/0000/${name}.png`);
    const job = (output: string, seed: number) =>
      JSON.stringify({
        before: demo("source"),
        after: demo("edited"),
        query: demo("query"),
        output,
        steps: 2,
        seed,
      });
    await Deno.writeTextFile(
      `${cwd}/jobs.jsonl`,
      `${job("a.png", 3)}\n${job("b.png", 4)}\n`,
    );
    const run = await runCli(
      ["batch", "jobs.jsonl", "--device", "cpu", "--max-vram", "17MB"],
      { cwd },
    );
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, /blocks: \d of 5 stay on the device/);
    await runCli(editArgs("--seed", "4", "-o", "c.png"), { cwd });
    assert.deepEqual(
      await Deno.readFile(`${cwd}/b.png`),
      await Deno.readFile(`${cwd}/c.png`),
    );
  });
});

Deno.test("Ctrl-C stops an edit with streamed blocks, and it leaves nothing", async () => {
  await inFolder(async (cwd) => {
    const child = cliCommand(
      editArgs(
        ...["--steps", "100000", "--max-vram", "17MB"],
        ...["--preview-dir", "steps"],
      ),
      { cwd },
    ).spawn();
    for (let i = 0; i < 300; i++) { // until it runs
      await new Promise((resolve) => setTimeout(resolve, 50));
      const begun = await Deno.stat(`${cwd}/steps/step_001.png`)
        .catch(() => null);
      if (begun !== null) break;
    }
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    assert.equal(code, 130, new TextDecoder().decode(stderr));
    assert.deepEqual(filesIn(cwd), ["steps"]);
  });
});

Deno.test({
  name: "a model folder on a read-only disk works",
  async fn() {
    await inFolder(async (cwd) => {
      const model = `${cwd}/model`;
      await copyReadOnly(fixture("../models/micro"), model);
      const run = await runCli(
        editArgs("--model", model, "--max-vram", "17MB"),
        { cwd },
      );
      assert.equal(run.code, 0, run.stderr);
      assert.deepEqual(filesIn(cwd), ["model", "out.png"]);
      assert.deepEqual(filesIn(model), filesIn(fixture("../models/micro")));
      await new Deno.Command("chmod", { args: ["-R", "u+w", model] }).output();
    });
  },
});

/** Copies a folder whose files and folders nobody may write then. */
async function copyReadOnly(from: string, to: string): Promise<void> {
  await new Deno.Command("cp", { args: ["-r", from, to] }).output();
  await new Deno.Command("chmod", { args: ["-R", "a-w", to] }).output();
}
