import { decodeImage } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { editArgs, fixture, inFolder, runCli } from "./_run_cli.ts";

const MOST = "18446744073709551615";

Deno.test("seeds up to 2⁶⁴ − 1 draw, are recorded and repeated to the same bytes", async () => {
  await inFolder(async (cwd) => {
    const edit = async (...args: string[]) => {
      const { code, stderr } = await runCli(args, { cwd });
      assert.equal(code, 0, stderr);
    };
    await edit(...editArgs("--seed", MOST, "-o", "a.png"));
    const info = await runCli(["info", "a.png", "--json"], { cwd });
    assert.match(info.stdout, new RegExp(`"seed":${MOST},`));
    assert.match(
      (await runCli(["info", "a.png"], { cwd })).stdout,
      new RegExp(`Seed: ${MOST},`),
    );
    await edit("edit", "-C", "a.png", "-o", "b.png");
    assert.deepEqual(
      await readFile(`${cwd}/b.png`),
      await readFile(`${cwd}/a.png`),
    );

    // torch draws by the low 32 bits
    await edit(...editArgs("--seed", "4294967295", "-o", "c.png"));
    const a = await decodeImage(`${cwd}/a.png`);
    assert.deepEqual(a, await decodeImage(`${cwd}/c.png`));

    const job = {
      before: fixture("demo/0000/source.png"),
      after: fixture("demo/0000/edited.png"),
      query: fixture("demo/0000/query.png"),
      steps: 2,
      output: "d.png",
    };
    const line = JSON.stringify(job).replace(/\}$/, `,"seed":${MOST}}`);
    await writeFile(`${cwd}/jobs.jsonl`, line);
    const batch = ["batch", "jobs.jsonl", "--device", "cpu", "--json"];
    await edit(...batch);
    assert.deepEqual(await decodeImage(`${cwd}/d.png`), a);
    const again = await runCli(batch, { cwd });
    assert.match(again.stdout, /"status":"skipped"/);
    const other = line.replace(MOST, "18446744073709551616");
    await writeFile(`${cwd}/jobs.jsonl`, other);
    assert.match(
      (await runCli(batch, { cwd })).stdout,
      new RegExp(`seed\\\\" must be an integer from 0 to ${MOST}`),
    );
  });
});
