import { blankImage, decodeImage, encodePng } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeRun } from "./_test_model.ts";
import { folder, out, run } from "./_test_run.ts";

Deno.test("samples of pictures of one's own have their captions and no answer", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  const image = join(dir.path, "data", "0000.png");
  const picture = join(dir.path, "one.png");
  await writeFile(picture, await encodePng(blankImage(8, 8)));
  const pair = `{before: ${picture}, after: ${picture}, query: ${picture}}`;
  await run({
    config,
    set: [`sample.image=[${image}, ${pair}]`, "sample.prompts=[words]"],
  });
  const sheet = await decodeImage(join(out(dir), "samples", "000000020.png"));
  assert.deepEqual([sheet.width, sheet.height], [4 * 8 + 3 * 2, 2 * 8 + 2]);
  await rm(out(dir), { recursive: true });
  await assert.rejects(
    run({ config, set: ["sample.image=missing.png"] }),
    /Cannot use item 1 of 1, sample\.image 1, of data set "sample\.image": .*missing\.png/,
  );
});

Deno.test("a tenth of ten tasks is held out, and not trained on", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path, { tasks: 10 });
  const { notes } = await run({ config });
  const [, name] =
    /note: validation: 1 tasks are held out and not trained on: (\d+\.png)\n/
      .exec(notes) ?? [];
  assert.ok(name !== undefined, notes);
  const log = await readFile(join(out(dir), "log.jsonl"), "utf8");
  assert.match(log, /"event":"start".*"tasks":9/);
});

Deno.test("pictures that cannot be used are found before the first is encoded", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  const held = join(dir.path, "held");
  await mkdir(held);
  await writeFile(join(held, "wide.png"), await encodePng(blankImage(15, 8)));
  await writeFile(join(held, "wide.txt"), "words");
  await assert.rejects(
    run({ config, set: [`validation={folder_path: ${held}}`] }),
    /wide\.png, of data set ".*held": Cannot split the composite as .*: got 15 x 8$/,
  );
  const cached = await readdir(join(dir.path, "out", "_latent_cache"))
    .catch(() => []);
  assert.deepEqual(cached, []);
});
