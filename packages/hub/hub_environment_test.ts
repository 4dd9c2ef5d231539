import { findToken, hubCacheFolder } from "@edit-transfer/hub";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { hubAddress, isOffline } from "./hub_environment.ts";

Deno.test("hubCacheFolder() expands what huggingface_hub expands", () => {
  const HOME = "/home/me";
  const cases: [Record<string, string>, string][] = [
    [{}, "/home/me/.cache/huggingface/hub"],
    [{ XDG_CACHE_HOME: "/x" }, "/x/huggingface/hub"],
    [{ XDG_CACHE_HOME: "$HOME/x" }, "/home/me/x/huggingface/hub"],
    [{ HF_HOME: "~/hf" }, "/home/me/hf/hub"],
    [{ HF_HOME: "~" }, "/home/me/hub"],
    [{ HF_HOME: "$HOME/hf" }, "/home/me/hf/hub"],
    [{ HF_HOME: "${HOME}hf" }, "/home/mehf/hub"],
    [{ HF_HOME: "$UNSET/hf" }, "$UNSET/hf/hub"],
    [{ HF_HOME: "/a~/$" }, "/a~/$/hub"],
    [{ HF_HOME: "/a", HF_HUB_CACHE: "~/b" }, "/home/me/b"],
    [{ HF_HOME: "/a", HUGGINGFACE_HUB_CACHE: "$D/b", D: "/d" }, "/d/b"],
    [{ HF_HOME: "", HF_HUB_CACHE: "" }, "/home/me/.cache/huggingface/hub"],
  ];
  for (const [env, folder] of cases) {
    assert.equal(hubCacheFolder({ HOME, ...env }), folder);
  }
});

Deno.test("findToken() looks where huggingface_hub looks", async () => {
  await using root = await testFolder();
  const HOME = root.at("");
  await writeFile(root.at("token"), "hf_file\n");
  const cases: [Record<string, string>, string | undefined][] = [
    [{ HF_TOKEN: " a\n", HUGGING_FACE_HUB_TOKEN: "b" }, "a"],
    [{ HF_TOKEN: "", HUGGING_FACE_HUB_TOKEN: "b" }, "b"],
    [{ HF_HOME: "~" }, "hf_file"],
    [{ HF_TOKEN_PATH: "$HOME/token" }, "hf_file"],
    [{ HF_TOKEN_PATH: "/dev/zero" }, undefined],
    [{}, undefined],
  ];
  for (const [env, token] of cases) {
    assert.equal((await findToken({ HOME, ...env }))?.token, token);
  }
});

Deno.test("isOffline() takes the words of huggingface_hub", () => {
  for (const value of ["1", "ON", "yes", "True"]) {
    assert.ok(isOffline({ HF_HUB_OFFLINE: value }));
    assert.ok(isOffline({ TRANSFORMERS_OFFLINE: value }));
  }
  for (const value of ["", "0", "no", "2"]) {
    assert.ok(!isOffline({ HF_HUB_OFFLINE: value }));
  }
});

Deno.test("hubAddress() takes addresses of the web without a password", () => {
  assert.equal(hubAddress("https://a/b//", "o/n"), "https://a/b");
  for (
    const address of [
      "huggingface.co",
      "file:///etc",
      "https://me:secret@a",
      "https://a?b",
      "https://a/#b",
      "\x1b[2J",
    ]
  ) {
    assert.throws(() => hubAddress(address, "o/n"), {
      message:
        "Cannot pull o/n as HF_ENDPOINT is an address such as https://huggingface.co: got " +
        "another scheme, a user's name, a query or no address",
    });
  }
});
