import {
  crop,
  decodeImage,
  encodePng,
  readPngText,
} from "@edit-transfer/image";
import assert from "node:assert/strict";
import {
  cliCommand,
  editArgs,
  filesIn,
  fixture,
  inFolder,
  runCli,
} from "./_run_cli.ts";

Deno.test("edit writes a picture with its record and prints the path", async () => {
  await inFolder(async (cwd) => {
    const run = await runCli(
      editArgs("--edit", "jumping", "--seed", "7", "-o", "a.png"),
      { cwd },
    );
    assert.equal(run.code, 0, run.stderr);
    assert.equal(run.stdout, "a.png\n");
    assert.match(run.stderr, /edit 2\/2 /);
    const { width, height } = await decodeImage(`${cwd}/a.png`);
    assert.deepEqual([width, height], [64, 64]);

    const text = readPngText(await Deno.readFile(`${cwd}/a.png`));
    const record = JSON.parse(text.edit_transfer!);
    assert.equal(record.seed, 7);
    assert.equal(record.edit, "jumping");
    assert.equal(record.loras.length, 1); // the embedded model's own
    assert.match(record.inputs.query.sha256, /^[0-9a-f]{64}$/);
    assert.match(
      text.parameters!,
      /jumping[^\n]*\nSteps: 2, Sampler: Euler, .*Seed: 7, Size: 64x64, Model hash: [0-9a-f]{10}, Model: embedded/,
    );
  });
});

Deno.test("-C repeats a run to the identical file, and other flags win over it", async () => {
  await inFolder(async (cwd) => {
    const args = editArgs(
      "--edit",
      "jumping",
      "--seed",
      "7",
      "--guidance",
      "2",
    );
    await runCli([...args, "-o", "a.png"], { cwd });
    const again = await runCli(["edit", "-C", "a.png", "-o", "b.png"], { cwd });
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(
      await Deno.readFile(`${cwd}/b.png`),
      await Deno.readFile(`${cwd}/a.png`),
    );
    await runCli(["edit", "-C", "a.png", "--seed", "8", "-o", "c.png"], {
      cwd,
    });
    assert.notDeepEqual(
      (await decodeImage(`${cwd}/c.png`)).data,
      (await decodeImage(`${cwd}/a.png`)).data,
    );
  });
});

Deno.test("--strength and --lock are recorded where they are asked for, and -C repeats them", async () => {
  await inFolder(async (cwd) => {
    const edit = async (output: string, ...args: string[]) => {
      const run = await runCli([...args, "-o", output], { cwd });
      assert.equal(run.code, 0, run.stderr);
      const png = await Deno.readFile(`${cwd}/${output}`);
      const { strength, lock } = JSON.parse(readPngText(png).edit_transfer!);
      return { png, strength, lock };
    };
    const words = ["--edit", "jumping", "--strength"];
    const less = await edit("a.png", ...editArgs(...words, "-0.5", "--lock"));
    assert.deepEqual([less.strength, less.lock], [-0.5, true]);
    assert.deepEqual(await edit("b.png", "edit", "-C", "a.png"), less);
    const other = [...words, "1", "--no-lock"];
    const whole = await edit("c.png", "edit", "-C", "a.png", ...other);
    assert.deepEqual([whole.strength, whole.lock], [undefined, undefined]);
    const plain = await edit("d.png", ...editArgs("--edit", "jumping"));
    assert.deepEqual(whole, plain);
  });
});

Deno.test("--auto-seeds keeps the best, tells ranks, and -C repeats each picture", async () => {
  await inFolder(async (cwd) => {
    const seeds = ["--seed", "7", "--auto-seeds", "3", "--keep-best", "2"];
    const run = await runCli(
      editArgs(...seeds, "--edit", "jumping", "--save-sheet", "--json"),
      { cwd },
    );
    assert.equal(run.code, 0, run.stderr);
    const names = ["out_best_1.png", "out_best_2.png", "out_sheet.png"];
    assert.deepEqual(filesIn(cwd), names);
    const { images, ranks } = JSON.parse(run.stdout);
    assert.deepEqual(
      ranks.map(({ seed }: { seed: number }) => seed),
      [7, 8, 9],
    );
    assert.match(run.stderr, /^place +seed +score +agreement +keep$/m);

    for (const [i, { path, seed }] of images.entries()) {
      const png = await Deno.readFile(`${cwd}/${path}`);
      const record = JSON.parse(readPngText(png).edit_transfer!);
      const { seed: _, ...rank } = ranks[seed - 7];
      assert.equal(rank.place, i + 1);
      assert.deepEqual(record.best, { ...rank, seeds: [7, 8, 9] });
      await runCli(["edit", "-C", path, "-o", "again.png", "--force"], { cwd });
      assert.deepEqual(await Deno.readFile(`${cwd}/again.png`), png);
    }
    await runCli(["edit", "-C", images[0].path, "--seed", "7"], { cwd });
    const other = readPngText(await Deno.readFile(`${cwd}/out.png`));
    assert.equal(JSON.parse(other.edit_transfer!).best, undefined);
  });
});

Deno.test("-C refuses an input that has changed", async () => {
  await inFolder(async (cwd) => {
    const query = `${cwd}/query.png`;
    await Deno.copyFile(fixture("demo/0000/query.png"), query);
    await runCli(editArgs("--query", "query.png", "-o", "a.png"), { cwd });
    await Deno.copyFile(fixture("demo/0000/source.png"), query);
    const run = await runCli(["edit", "-C", "a.png", "-o", "b.png"], { cwd });
    assert.equal(run.code, 1);
    assert.match(run.stderr, /"query\.png" must not have changed/);

    await Deno.remove(query);
    const gone = await runCli(["edit", "-C", "a.png", "-o", "b.png"], { cwd });
    assert.equal(gone.code, 1);
    assert.match(
      gone.stderr,
      /^error: Input of "a\.png" not found: "query\.png"; name it with --example or --query$/m,
    );
  });
});

Deno.test("-C refuses a LoRA that has changed", async () => {
  await inFolder(async (cwd) => {
    const lora = `${cwd}/a.safetensors`;
    const own = fixture("../models/micro/lora/edit_transfer.safetensors");
    await Deno.copyFile(own, lora);
    await runCli(editArgs("--lora", "a.safetensors", "-o", "a.png"), { cwd });
    const bytes = await Deno.readFile(own);
    bytes[bytes.length - 2]! ^= 1;
    await Deno.writeFile(lora, bytes);
    const run = await runCli(["edit", "-C", "a.png", "-o", "b.png"], { cwd });
    assert.equal(run.code, 1);
    assert.match(run.stderr, /"a\.safetensors" must not have changed/);
  });
});

Deno.test("several seeds, grids, a sheet and previews give files with their own names", async () => {
  await inFolder(async (cwd) => {
    const run = await runCli(
      editArgs(
        "--seed",
        "3",
        "7",
        "--save-grid",
        "--save-sheet",
        "--preview-dir",
        "steps",
        "--json",
      ),
      { cwd },
    );
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(filesIn(cwd), [
      "out_seed_3.png",
      "out_seed_3_grid.png",
      "out_seed_7.png",
      "out_seed_7_grid.png",
      "out_sheet.png",
      "steps",
    ]);
    assert.deepEqual(filesIn(`${cwd}/steps`), [
      "seed_3_step_001.png",
      "seed_3_step_002.png",
      "seed_7_step_001.png",
      "seed_7_step_002.png",
    ]);
    const { images, sheet } = JSON.parse(run.stdout);
    assert.equal(sheet, "out_sheet.png");
    assert.equal((await decodeImage(`${cwd}/${sheet}`)).width, 2 * (128 + 4));
    assert.deepEqual(
      images.map((
        { path, seed }: { path: string; seed: number },
      ) => [path, seed]),
      [["out_seed_3.png", 3], ["out_seed_7.png", 7]],
    );
    assert.ok(images[0].milliseconds.denoise > 0);

    // each seed gives what it gives alone
    await runCli(editArgs("--seed", "7", "-o", "alone.png"), { cwd });
    assert.deepEqual(
      await Deno.readFile(`${cwd}/alone.png`),
      await Deno.readFile(`${cwd}/out_seed_7.png`),
    );

    const gridText = readPngText(
      await Deno.readFile(`${cwd}/out_seed_3_grid.png`),
    );
    assert.match(gridText.parameters!, /, Seed: 3, Size: 128x128, /);

    // the given panels are the user's own pixels, the fourth is the output
    const grid = await decodeImage(`${cwd}/out_seed_3_grid.png`);
    const panels = [
      fixture("demo/0000/source.png"),
      fixture("demo/0000/edited.png"),
      fixture("demo/0000/query.png"),
      `${cwd}/out_seed_3.png`,
    ];
    for (const [i, path] of panels.entries()) {
      const panel = {
        left: 64 * (i % 2),
        top: 64 * (i >> 1),
        width: 64,
        height: 64,
      };
      assert.deepEqual(crop(grid, panel), await decodeImage(path));
    }
  });
});

Deno.test("--quiet prints the path alone, and a long prompt is cut with a notice", async () => {
  await inFolder(async (cwd) => {
    const long = Array(10_000).fill("raising").join(" ");
    const loud = await runCli(editArgs("--prompt", long), { cwd });
    assert.equal(loud.code, 0, loud.stderr);
    assert.match(
      loud.stderr,
      /notice: The prompt was cut to the first \d+ of its \d+ tokens/,
    );
    const quiet = await runCli(editArgs("--prompt", long, "--quiet"), { cwd });
    assert.equal(quiet.stderr, "");
    assert.equal(quiet.stdout, "out.png\n");
  });
});

Deno.test("Ctrl-C stops within a step, leaves nothing, and exits with 130", async () => {
  await inFolder(async (cwd) => {
    const child = cliCommand(
      editArgs("--steps", "100000", "--preview-dir", "steps"),
      { cwd },
    ).spawn();
    const steps = `${cwd}/steps`;
    for (let i = 0; i < 300; i++) { // until it runs
      await new Promise((resolve) => setTimeout(resolve, 50));
      const begun = await Deno.stat(`${steps}/step_001.png`).catch(() => null);
      if (begun !== null) break;
    }
    const start = performance.now();
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.output();
    assert.equal(code, 130, new TextDecoder().decode(stderr));
    assert.ok(performance.now() - start < 5000);
    assert.equal(stdout.length, 0);
    assert.deepEqual(filesIn(cwd), ["steps"]);
    assert.ok(filesIn(steps).every((name) => /^step_\d+\.png$/.test(name)));
  });
});

Deno.test("generate makes a picture of any size and -C repeats it", async () => {
  await inFolder(async (cwd) => {
    const run = await runCli([
      "generate",
      ...["--prompt", "a person", "--size", "64x32", "--steps", "2"],
      ...["--device", "cpu", "-o", "a.png"],
    ], { cwd });
    assert.equal(run.code, 0, run.stderr);
    const { width, height } = await decodeImage(`${cwd}/a.png`);
    assert.deepEqual([width, height], [64, 32]);
    await runCli(["generate", "-C", "a.png", "-o", "b.png"], { cwd });
    assert.deepEqual(
      await Deno.readFile(`${cwd}/b.png`),
      await Deno.readFile(`${cwd}/a.png`),
    );
    const info = await runCli(["info", "a.png"], { cwd });
    assert.match(info.stdout, /^a person\nSteps: 2, /);
  });
});

Deno.test("-C works from any folder, and its records lead to the inputs again", async () => {
  await inFolder(async (cwd) => {
    for (const name of ["a", "a/in", "a/out", "b"]) {
      await Deno.mkdir(`${cwd}/${name}`);
    }
    await Deno.copyFile(fixture("demo/0000/query.png"), `${cwd}/a/in/q.png`);
    const edit = (args: string[], folder: string) =>
      runCli(["edit", ...args, "--quiet"], { cwd: `${cwd}/${folder}` });
    const [, ...flags] = editArgs("--query", "in/q.png", "-o", "out/1.png");
    assert.equal((await edit(flags, "a")).code, 0);
    const record = async (path: string) =>
      JSON.parse(
        readPngText(await Deno.readFile(`${cwd}/${path}`)).edit_transfer!,
      );
    assert.equal(
      (await record("a/out/1.png")).inputs.query.path,
      "../in/q.png",
    );

    // the same bytes in the same folder, from another one
    await edit(["-C", "../a/out/1.png", "-o", "../a/out/2.png"], "b");
    const first = await Deno.readFile(`${cwd}/a/out/1.png`);
    assert.deepEqual(await Deno.readFile(`${cwd}/a/out/2.png`), first);

    // in another folder, the record leads to the same picture, and so on
    await edit(["-C", "../a/out/1.png", "-o", "3.png"], "b");
    assert.equal((await record("b/3.png")).inputs.query.path, "../a/in/q.png");
    await Deno.rename(`${cwd}/b`, `${cwd}/c`);
    const last = await edit(["-C", "c/3.png", "-o", "a/out/4.png"], ".");
    assert.equal(last.code, 0, last.stderr);
    assert.deepEqual(await Deno.readFile(`${cwd}/a/out/4.png`), first);
  });
});

Deno.test("an older record, whose paths begin at the folder of the run, repeats to its bytes", async () => {
  await inFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/out`);
    await Deno.copyFile(fixture("demo/0000/query.png"), `${cwd}/q.png`);
    await runCli(editArgs("--query", "q.png", "-o", "1.png"), { cwd });
    const png = await Deno.readFile(`${cwd}/1.png`);
    const { parameters, edit_transfer } = readPngText(png);
    const { pathsFrom, ...record } = JSON.parse(edit_transfer!);
    assert.equal(pathsFrom, "picture");
    const older = await encodePng(await decodeImage(png), {
      text: { parameters: parameters!, edit_transfer: JSON.stringify(record) },
    });
    await Deno.writeFile(`${cwd}/out/2.png`, older);
    await runCli(["edit", "-C", "out/2.png", "-o", "out/3.png"], { cwd });
    assert.deepEqual(await Deno.readFile(`${cwd}/out/3.png`), older);
  });
});

Deno.test("edit replaces outputs of its own with a notice, and no other file unless told to", async () => {
  await inFolder(async (cwd) => {
    const foreign = fixture("demo/0000/target.png");
    await Deno.copyFile(foreign, `${cwd}/out.png`);
    const first = await runCli(editArgs(), { cwd });
    assert.equal(first.stdout, "out_2.png\n");
    assert.match(
      first.stderr,
      /notice: "out\.png" is not of this program and stays: "out_2\.png"/,
    );
    const again = await runCli(editArgs(), { cwd });
    assert.equal(again.stdout, "out_2.png\n");
    assert.match(
      again.stderr,
      /notice: "out_2\.png" of an earlier run is replaced/,
    );
    assert.deepEqual(
      await Deno.readFile(`${cwd}/out.png`),
      await Deno.readFile(foreign),
    );
    const forced = await runCli(editArgs("-o", "out.png", "--force"), { cwd });
    assert.equal(forced.code, 0, forced.stderr);
    assert.match(forced.stderr, /notice: "out\.png" is replaced/);
    assert.deepEqual(filesIn(cwd), ["out.png", "out_2.png"]);
  });
});

Deno.test("an edit of a picture that is no drawn figure says what the model knows", async () => {
  await inFolder(async (cwd) => {
    const data = Uint8Array.from(
      { length: 64 * 64 * 3 },
      (_, i) => i * 7919 >> 5,
    );
    const noise = await encodePng({ width: 64, height: 64, data });
    await Deno.writeFile(`${cwd}/q.png`, noise);
    const run = await runCli(editArgs("--query", "q.png"), { cwd });
    assert.match(
      run.stderr,
      /^notice: The model knows drawn figures only, and these pictures look otherwise: query; docs\/models\.md says how to use another model$/m,
    );
    const drawn = await runCli(editArgs(), { cwd });
    assert.doesNotMatch(drawn.stderr, /drawn figures/);
  });
});
