import { isRepoName } from "@edit-transfer/hub";
import assert from "node:assert/strict";
import { checkNames } from "./hub_repo.ts";

Deno.test("isRepoName() takes names that the hub gives", () => {
  for (const name of ["a/b", "black-forest-labs/FLUX.1-dev", "a_/_b", "0/1"]) {
    assert.ok(isRepoName(name), name);
  }
  for (
    const name of [
      "",
      "a",
      "a/",
      "/b",
      "a/b/c",
      "../b",
      "a/..",
      "./b",
      "a/.b",
      "a/b.",
      "-a/b",
      "a--b/c",
      "a/b..c",
      "a/b.git",
      "a/b\n",
      "a/\x1b[2J",
      "a /b",
      "a\\b/c",
      "é/b",
      `a/${"b".repeat(97)}`,
      "C:/b",
    ]
  ) assert.ok(!isRepoName(name), name);
});

Deno.test("checkNames() refuses revisions that would leave the cache", () => {
  for (
    const name of ["main", "v1.0", "refs/pr/1", "feature/größe", "c".repeat(40)]
  ) checkNames("a/b", name);
  for (
    const name of [
      "",
      ".",
      "..",
      "../../evil",
      "/etc/evil",
      "a/../b",
      "a//b",
      "a/",
      ".git",
      "a.lock",
      "a.",
      "a b",
      "a\\b",
      "C:evil",
      "a\nb",
      "\x1b[2J",
      "a\u202eb",
      "a\0",
      "\ud800",
      "a*",
      "x".repeat(201),
    ]
  ) {
    assert.throws(() => checkNames("a/b", name), (error: Error) => {
      assert.match(
        error.message,
        /^Cannot pull a\/b as a revision is the name of a branch, tag or commit: got ".*"$/,
      );
      assert.doesNotMatch(error.message, /\p{Cc}|\u202e/u);
      return true;
    });
  }
});
