import assert from "node:assert/strict";
import { copyFile, mkdir } from "node:fs/promises";
import { editArgs, filesIn, fixture, inFolder, runCli } from "./_run_cli.ts";

const [NFC, NFD] = ["caf\u00e9", "cafe\u0301"];

Deno.test("files are found under the other normal form of their names", async () => {
  await inFolder(async (cwd) => {
    await mkdir(`${cwd}/${NFD}`);
    const picture = fixture("demo/0000/query.png");
    await copyFile(picture, `${cwd}/${NFD}/${NFD}.png`);
    const lora = fixture("../models/micro/lora/edit_transfer.safetensors");
    await copyFile(lora, `${cwd}/${NFD}.safetensors`);
    const query = `${NFC}/${NFC}.png`;
    const args = editArgs("--query", query, "--lora", `${NFC}.safetensors`);
    const run = await runCli([...args, "-o", "a.png"], { cwd });
    assert.equal(run.code, 0, run.stderr);
    // the query is known by the name that it has, so that nothing replaces it
    const over = await runCli([...args, "-o", `${NFD}/${NFD}.png`, "--force"], {
      cwd,
    });
    assert.equal(over.code, 1);
    assert.match(over.stderr, /must not replace an input/);
    assert.deepEqual(filesIn(`${cwd}/${NFD}`), [`${NFD}.png`]);
    const demo = ["source", "edited"].map((name) =>
      fixture(`demo/0000/${name}.png`)
    );
    const batch = ["batch", "--query", NFC, "--example", ...demo, "-o", "out"];
    const again = await runCli([...batch, "--steps", "1", "--device", "cpu"], {
      cwd,
    });
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(filesIn(`${cwd}/out`), [`${NFD}.png`]);
  });
});
