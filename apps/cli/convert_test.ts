import { hashFile } from "@edit-transfer/files";
import assert from "node:assert/strict";
import { cliCommand, filesIn, fixture, inFolder, runCli } from "./_run_cli.ts";

const MICRO = fixture("../models/micro");

Deno.test("convert writes a folder, and prints how far weights are off", async () => {
  await inFolder(async (cwd) => {
    const args = ["convert", MICRO, "--quantize", "8", "-o", "flux-8"];
    const { code, stdout, stderr } = await runCli(args, { cwd });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${cwd}/flux-8\n`);
    assert.match(
      stderr,
      /^double_blocks\.0\.img_attn\.qkv\.weight +Q8_0 +\[576, 192\] +5\.\d\de-3 +\d\.\d\de-3$/m,
    );
    assert.match(stderr, /^30 arrays changed, 67 are exact$/m);
    assert.deepEqual(filesIn(cwd), ["flux-8"]);
    const report = JSON.parse(
      await Deno.readTextFile(`${cwd}/flux-8/conversion.json`),
    );
    assert.equal(report.type, "q8_0");
    assert.equal(report.arrays.length, 97);

    const again = await runCli(args, { cwd });
    assert.equal(again.code, 1);
    assert.match(
      again.stderr,
      /^error: Cannot write ".*flux-8" as the folder must be new: got \d+ files; --force replaces what a conversion made\n$/,
    );
  });
});

Deno.test("convert reads rules, and refuses what are none", async () => {
  await inFolder(async (cwd) => {
    const args = (...more: string[]) => [
      ...["convert", MICRO, "--quantize", "4", "--rules", "rules.yaml"],
      ...["-o", "out", "--json", ...more],
    ];
    const failure = async () => {
      const { code, stderr } = await runCli(args(), { cwd });
      assert.equal(code, 2);
      assert.deepEqual(filesIn(cwd).filter((name) => /^out/.test(name)), []);
      return stderr;
    };
    const types = "q8_0, q5_k, q4_k, q4_0, bf16, f16, f32, stored";
    assert.equal(await failure(), 'error: Rules not found: "rules.yaml"\n');
    await Deno.writeTextFile(`${cwd}/rules.yaml`, '"*": q5_0\n');
    assert.equal(
      await failure(),
      `error: Cannot read rules "rules.yaml" as it must map patterns to ${types}: got *: "q5_0"\n`,
    );
    await Deno.writeTextFile(
      `${cwd}/rules.yaml`,
      '"*.txt_mlp.*": q8_0\n"enc.*": stored\n',
    );
    const { code, stdout } = await runCli(args("--quiet"), { cwd });
    assert.equal(code, 0);
    const { arrays } = JSON.parse(stdout) as {
      arrays: { name: string; type: string }[];
    };
    const type = (name: string) => arrays.find((a) => a.name === name)!.type;
    assert.equal(type("double_blocks.0.txt_mlp.0.weight"), "Q8_0");
    assert.equal(type("double_blocks.0.img_mlp.0.weight"), "Q5_1");
    assert.equal(type("single_blocks.0.linear1.weight"), "Q4_1");
    assert.equal(type("double_blocks.0.img_mlp.2.weight"), "Q5_K");
    assert.equal(type("double_blocks.0.txt_attn.qkv.weight"), "Q5_1");
    assert.equal(type("enc.blk.0.ffn_up.weight"), "BF16");
  });
});

Deno.test("convert tells which flags do not go together", async () => {
  await inFolder(async (cwd) => {
    const cases: [string[], RegExp][] = [
      [["-o", "out"], /--quantize 8, 4 or none is required: got none/],
      [["--quantize", "8"], /-o DIR is required: got none/],
      [
        ["--quantize", "8", "--dtype", "f16", "-o", "out"],
        /Cannot use --dtype as it goes with --quantize none: got --quantize 8/,
      ],
    ];
    for (const [flags, message] of cases) {
      const { code, stderr } = await runCli(["convert", MICRO, ...flags], {
        cwd,
      });
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
    assert.deepEqual(filesIn(cwd), []);
  });
});

Deno.test("convert --quantize none gives floats of one type", async () => {
  await inFolder(async (cwd) => {
    const { code, stdout } = await runCli([
      ...["convert", MICRO, "--quantize", "none", "--dtype", "f16"],
      ...["-o", "out", "--json", "--quiet"],
    ], { cwd });
    assert.equal(code, 0);
    const { arrays } = JSON.parse(stdout) as {
      arrays: { type: string; shape: number[]; relativeRms: number }[];
    };
    for (const { type, shape, relativeRms } of arrays) {
      if (shape.length < 2) assert.equal(type, "F32");
      assert.ok(relativeRms < 1e-3);
    }
    assert.ok(filesIn(`${cwd}/out`).includes("transformer-F16.gguf"));
  });
});

Deno.test("convert lets one process at a time write a folder", async () => {
  await inFolder(async (cwd) => {
    const lock = await Deno.open(`${cwd}/out.lock`, {
      create: true,
      write: true,
    });
    await lock.lock(true);
    await lock.write(new TextEncoder().encode("123\n"));
    const args = ["convert", MICRO, "--quantize", "8", "-o", "out", "--quiet"];
    const held = await runCli(args, { cwd });
    lock.close();
    assert.equal(held.code, 1);
    assert.equal(
      held.stderr,
      `error: Cannot write "${cwd}/out" as one run at a time may write there: process 123 holds it\n`,
    );
    assert.equal((await runCli(args, { cwd })).code, 0);
    assert.deepEqual(filesIn(cwd), ["out"]);
  });
});

Deno.test("convert killed at any moment goes on to the same bytes", async () => {
  await inFolder(async (cwd) => {
    const run = (output: string) => [
      ...["convert", MICRO, "--quantize", "8", "-o", output, "--quiet"],
    ];
    await runCli(run("whole"), { cwd });
    for (const wait of [350, 500, 650, 800]) {
      const child = cliCommand(run("out"), { cwd }).spawn();
      const timer = setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch {
          // it has ended
        }
      }, wait);
      await child.output();
      clearTimeout(timer);
      if (filesIn(cwd).includes("out")) break;
    }
    if (!filesIn(cwd).includes("out")) await runCli(run("out"), { cwd });
    assert.deepEqual(filesIn(cwd).filter((n) => n !== "out.lock"), [
      "out",
      "whole",
    ]);
    assert.deepEqual(filesIn(`${cwd}/out`), filesIn(`${cwd}/whole`));
    for (const name of filesIn(`${cwd}/whole`)) {
      if (!/\.(gguf|safetensors|json)$/.test(name)) continue;
      assert.equal(
        await hashFile(`${cwd}/out/${name}`),
        await hashFile(`${cwd}/whole/${name}`),
        name,
      );
    }
  });
});
