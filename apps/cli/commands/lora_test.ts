import { openSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { filesIn, fixture, inFolder, runCli } from "../_run_cli.ts";

const LORA = fixture("../models/micro/lora/edit_transfer.safetensors");
const MODEL = fixture("../models/micro");
const OUTSIDE = fixture("goldens/lora_formats/outside.safetensors");

Deno.test("lora inspect shows a file and what a model takes of it", async () => {
  await inFolder(async (cwd) => {
    const plain = await runCli(["lora", "inspect", LORA], { cwd });
    assert.equal(plain.code, 0, plain.stderr);
    assert.match(plain.stdout, /^style +peft$/m);
    assert.equal(plain.stdout.match(/^(rank|alpha) +16$/gm)!.length, 2);
    assert.match(plain.stdout, /^panel_mode +panel$/m);
    assert.match(
      plain.stdout,
      /^transformer_blocks\.0\.attn\.to_q +\[192, 192\] +LoRA +16 +16 +branch of rank 16$/m,
    );
    const whole = await runCli(["lora", "inspect", LORA, "--model", MODEL], {
      cwd,
    });
    assert.match(whole.stdout, /^\S+attn\.to_q .* yes$/m);
    assert.ok(whole.stdout.endsWith(`38 of 38 layers are in "${MODEL}"\n`));

    const args = ["lora", "inspect", OUTSIDE, "--model", MODEL];
    const { stdout } = await runCli([...args, "--json"], { cwd });
    const { style, layers, matched, unmatched } = JSON.parse(stdout);
    assert.equal(style, "kohya");
    assert.equal(layers.length, 7);
    assert.deepEqual(matched, []);
    assert.equal(unmatched.length, 7);
  });
});

Deno.test("lora convert to kohya and back is exact", async () => {
  await inFolder(async (cwd) => {
    for (
      const args of [
        [LORA, "--to", "kohya", "-o", "kohya.safetensors"],
        ["kohya.safetensors", "--to", "bfl", "-o", "bfl.safetensors"],
        ["bfl.safetensors", "--to", "peft", "-o", "peft.safetensors"],
      ]
    ) {
      const { code, stdout, stderr } = await runCli(
        ["lora", "convert", ...args],
        { cwd },
      );
      assert.equal(code, 0, stderr);
      assert.equal(stdout, `${args.at(-1)}\n`);
    }
    await using before = await openSafetensors(LORA);
    await using after = await openSafetensors(join(cwd, "peft.safetensors"));
    assert.deepEqual([...after.names()].sort(), [...before.names()].sort());
    for (const name of before.names()) {
      assert.deepEqual(after.info(name), before.info(name));
      assert.deepEqual(await after.read(name), await before.read(name));
    }
    for (const [key, value] of Object.entries(before.metadata)) {
      assert.equal(after.metadata[key], value);
    }
  });
});

Deno.test("lora merge writes a model folder that edits", async () => {
  await inFolder(async (cwd) => {
    const args = ["lora", "merge", "--lora", LORA, "0.5", "-o", "merged"];
    const merge = await runCli(args, { cwd });
    assert.equal(merge.code, 0, merge.stderr);
    assert.equal(merge.stdout, "merged\n");
    assert.match(merge.stderr, /Merged 38 of 38 layers at scale 0.5\n$/);
    assert.ok(filesIn(join(cwd, "merged")).includes("model_index.json"));

    const { _edit_transfer } = JSON.parse(
      await readFile(join(cwd, "merged", "model_index.json"), "utf8"),
    );
    assert.equal(
      _edit_transfer.template,
      "four panels: plain, {edit}, plain, {edit}",
    );
    assert.equal(_edit_transfer.lora, undefined); // it is in the weights
    const generate = await runCli([
      ...["generate", "--prompt", "a figure", "--size", "64"],
      ...["--model", "merged", "--steps", "1", "--device", "cpu", "--quiet"],
    ], { cwd });
    assert.equal(generate.code, 0, generate.stderr);

    const again = await runCli(args, { cwd });
    assert.equal(again.code, 1);
    assert.match(
      again.stderr,
      /^error: Cannot write "merged" as the folder must be new or empty: got \d+ files\n$/,
    );
    assert.deepEqual(filesIn(cwd).sort(), ["merged", "out.png"]);
  });
});

Deno.test("lora refuses bad input in one sentence, with a table of keys", async () => {
  await inFolder(async (cwd) => {
    await writeFile(
      join(cwd, "cut.safetensors"),
      (await readFile(LORA)).subarray(0, 9000),
    );
    const cases: [string[], number, RegExp][] = [
      [[], 2, /its verb must be inspect, convert or merge: got none\n$/],
      [["look"], 2, /its verb must be .*: got look\n$/],
      [["inspect", "absent.safetensors"], 1, /absent\.safetensors/],
      [["inspect", "cut.safetensors"], 1, /cut\.safetensors/],
      [["convert", LORA, "--to", "peft"], 2, /-o FILE is required: got none/],
      [["convert", LORA, "--to", "other", "-o", "x"], 2, /peft, kohya/],
      [
        ["convert", LORA, "--to", "xlabs", "-o", "x.safetensors"],
        1,
        /a name in xlabs: got 14 of 38 without.*\n\nkey +reason\n/,
      ],
      [["merge", "--lora", LORA, LORA, "-o", "m"], 2, /one LoRA: got 2\n$/],
      [["merge", "--lora", OUTSIDE, "-o", "m"], 1, /made for another model\n$/],
      [["merge", "--lora", LORA, "-o", "no/m/n"], 1, /Cannot write "no\/m\/n"/],
    ];
    const results = await Promise.all(
      cases.map(([args]) => runCli(["lora", ...args], { cwd })),
    );
    for (const [i, { code, stdout, stderr }] of results.entries()) {
      const [, wanted, message] = cases[i]!;
      assert.equal(code, wanted, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, /^error: /);
      assert.match(stderr, message);
    }
    assert.deepEqual(filesIn(cwd), ["cut.safetensors"]);
  });
});
