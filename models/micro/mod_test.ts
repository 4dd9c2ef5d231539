import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fetchFiles } from "./fetch_files.ts";
import { FILES } from "./files.ts";
import { listFiles } from "./train/list_files.ts";

Deno.test("files.ts lists the model as it is: else run train/list_files.ts", async () => {
  assert.deepEqual(FILES, await listFiles());
});

/** Serves texts by path and counts what was asked for. */
async function serve(texts: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const server = createServer(({ url = "/" }, response) => {
    asked.push(url);
    const text = texts[url];
    response.statusCode = text === undefined ? 404 : 200;
    response.end(text);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    from: new URL(`http://127.0.0.1:${port}/m/`),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const listed = (path: string, text: string) => ({
  path,
  bytes: text.length,
  sha256: createHash("sha256").update(text).digest("hex"),
});

Deno.test("fetchFiles() fetches what is missing, once", async () => {
  await using folder = await testFolder();
  await using server = await serve({ "/m/a.json": "{}", "/m/b/c": "words" });
  const options = {
    folder: folder.at("model"),
    files: [listed("a.json", "{}"), listed("b/c", "words")],
  };
  await fetchFiles(server.from, { ...options, files: [options.files[0]!] });
  await fetchFiles(server.from, options);
  await fetchFiles(server.from, options);

  assert.deepEqual(server.asked, ["/m/a.json", "/m/b/c"]);
  assert.equal(await readFile(folder.at("model/b/c"), "utf8"), "words");
});

Deno.test("fetchFiles() refuses another file, and keeps nothing of it", async () => {
  await using folder = await testFolder();
  await using server = await serve({ "/m/a": "other" });
  const file = listed("a", "words");
  const fetched = (path: string) =>
    fetchFiles(server.from, {
      folder: folder.at("model"),
      files: [{ ...file, path }],
    });
  await assert.rejects(
    fetched("a"),
    /^Error: Cannot use "http.*\/m\/a" as its SHA-256 must be [0-9a-f]{64}: got/,
  );
  await assert.rejects(fetched("b"), {
    message: `File not found: "${server.from}b" answered with 404`,
  });
  await assert.rejects(readFile(folder.at("model/a")), { code: "ENOENT" });
});
