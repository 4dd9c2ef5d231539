import { HubError, pull, type PullOptions } from "@edit-transfer/hub";
import assert from "node:assert/strict";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { COMMIT, type HubBehaviour, testHub } from "./_test_hub_server.ts";

const WEIGHTS = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 7919) >> 5);
const REPO: HubBehaviour = {
  files: {
    "model_index.json": new TextEncoder().encode(
      '{"_class_name":"FluxPipeline"}',
    ),
    "vae/a b.safetensors": WEIGHTS,
    "flux1-dev.safetensors": WEIGHTS.slice(1),
  },
  lfs: ["vae/a b.safetensors", "flux1-dev.safetensors"],
};
const TAKEN = ["model_index.json", "vae/a b.safetensors"];

/** Calls `body` with a hub and an empty cache. */
async function withHub(
  behaviour: Partial<HubBehaviour>,
  body: (context: {
    run: (options?: PullOptions) => Promise<string>;
    requests: string[];
    cache: string;
    url: string;
  }) => Promise<void>,
): Promise<void> {
  const cache = await mkdtemp(join(tmpdir(), "hub-"));
  try {
    await using hub = await testHub({ ...REPO, ...behaviour });
    const { url: hubUrl, requests } = hub;
    const run = (options: PullOptions = {}) =>
      pull("owner/model", {
        hubUrl,
        cacheDir: cache,
        token: null,
        retryMs: 1,
        ...options,
      });
    await body({ run, requests, cache, url: hubUrl });
  } finally {
    await rm(cache, { recursive: true });
  }
}

async function assertPulled(folder: string, paths = TAKEN): Promise<void> {
  for (const path of paths) {
    const bytes = await readFile(join(folder, path));
    assert.deepEqual(new Uint8Array(bytes), REPO.files[path], path);
  }
}

Deno.test("pull() lays files out as huggingface_hub does", async () => {
  await withHub({}, async ({ run, cache }) => {
    const folder = await run();
    const repo = join(cache, "models--owner--model");
    assert.equal(folder, join(repo, "snapshots", COMMIT));
    await assertPulled(folder);
    assert.deepEqual((await readdir(folder)).sort(), [
      "model_index.json",
      "vae",
    ]);
    assert.equal(await readFile(join(repo, "refs", "main"), "utf8"), COMMIT);
    const blob = await readlink(join(folder, "vae", "a b.safetensors"));
    assert.match(blob, /^\.\.\/\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/);
    assert.equal((await readdir(join(repo, "blobs"))).length, 2);
  });
});

Deno.test("pull() takes what --include names", async () => {
  await withHub({}, async ({ run }) => {
    const folder = await run({ include: ["flux1*"] });
    await assertPulled(folder, ["flux1-dev.safetensors"]);
    assert.deepEqual(await readdir(folder), ["flux1-dev.safetensors"]);
    await assert.rejects(run({ include: ["*.gguf"] }), {
      name: "HubError",
      message: /as a file must fit \*\.gguf: got none of 3 at /,
    });
  });
});

Deno.test("pull() pulls nothing twice", async () => {
  await withHub({}, async ({ run, requests }) => {
    await run();
    requests.length = 0;
    await assertPulled(await run());
    assert.ok(!requests.some((request) => request.includes("resolve")));
  });
});

Deno.test("pull() goes on where a dropped connection ended", async () => {
  await withHub({ drops: [9e9, 20_000, 10_000] }, async ({ run, requests }) => {
    const seen: number[] = [];
    const folder = await run({
      onProgress: ({ received, total }) => {
        seen.push(received);
        assert.equal(total, 50_030);
      },
    });
    await assertPulled(folder);
    assert.equal(seen.at(-1), 50_030);
    const starts = requests.filter((r) => r.includes("a b.safetensors"))
      .map((r) => Number(r.match(/bytes=(\d+)/)?.[1] ?? 0));
    assert.deepEqual(starts, [0, 20_000, 30_000]);
  });
});

Deno.test("pull() goes on from the partial file of an earlier run", async () => {
  const drops = [9e9, 20_000, ...Array(5).fill(0)];
  await withHub({ drops }, async ({ run, requests, cache }) => {
    await assert.rejects(run(), {
      name: "HubError",
      message:
        /^Cannot pull owner\/model as the connection must last: it dropped at byte 20000 of "vae\/a b\.safetensors" \(.*\); pull again to go on from there$/,
    });
    const blobs = await readdir(join(cache, "models--owner--model", "blobs"));
    assert.equal(blobs.filter((b) => b.endsWith(".incomplete")).length, 1);
    requests.length = 0;
    await assertPulled(await run());
    assert.match(requests.at(-1)!, / bytes=20000-49999$/);
  });
});

Deno.test("pull() waits out a hub that is busy", async () => {
  await withHub({ statuses: [503, 429] }, async ({ run }) => {
    await assertPulled(await run());
  });
  await withHub({ statuses: Array(9).fill(503) }, async ({ run, url }) => {
    await assert.rejects(run(), {
      message: `Cannot pull owner/model as ${url} must answer: got status 503`,
    });
  });
});

Deno.test("pull() says why a hub does not answer", async () => {
  await withHub({}, async ({ run }) => {
    const hubUrl = "http://hub.invalid";
    await assert.rejects(run({ hubUrl }), (error: Error) => {
      assert.match(
        error.message,
        /^Cannot pull owner\/model as http:\/\/hub.invalid must answer: got client error/,
      );
      return true;
    });
  });
});

Deno.test("pull() removes a file with a wrong hash", async () => {
  for (const path of TAKEN) {
    const bytes = REPO.files[path]!.slice();
    bytes[3]! ^= 1;
    await withHub({ wrong: { [path]: bytes } }, async ({ run, cache }) => {
      await assert.rejects(run(), (error: Error) => {
        assert.match(
          error.message,
          /must have hash [0-9a-f]+: got [0-9a-f]+; it was removed, pull again$/,
        );
        return true;
      });
      const blobs = await readdir(join(cache, "models--owner--model", "blobs"));
      assert.ok(!blobs.some((blob) => blob.endsWith(".incomplete")));
    });
  }
});

Deno.test("pull() says where to accept the licence of a gated repository", async () => {
  for (const status of [401, 403] as const) {
    const gate = { token: "hf_right", status, code: "GatedRepo" };
    await withHub({ gate }, async ({ run, url }) => {
      const start =
        "Cannot pull owner/model as its licence must be accepted: " +
        `open ${url}/owner/model, accept it there, and set HF_TOKEN to a token of that account; `;
      await assert.rejects(run(), {
        message:
          `${start}no token was found in HF_TOKEN or the hub's token file (status ${status})`,
      });
      await assert.rejects(
        run({ token: { token: "hf_other", from: "HF_TOKEN" } }),
        {
          message:
            `${start}the token from HF_TOKEN is not of such an account (status ${status})`,
        },
      );
      const token = { token: "hf_right", from: "HF_TOKEN" };
      await assertPulled(await run({ token }));
    });
  }
});

Deno.test("pull() says what a refused token and a missing repository are", async () => {
  await withHub({ statuses: [401] }, async ({ run }) => {
    const token = { token: "hf_old", from: "/home/x/token" };
    await assert.rejects(run({ token }), {
      message: /; the token from \/home\/x\/token was refused \(status 401\)$/,
    });
  });
  await withHub({}, async ({ url, cache }) => {
    await assert.rejects(
      pull("owner/other", { hubUrl: url, cacheDir: cache, token: null }),
      { status: 404 },
    );
  });
  for (const token of ["two words", "é", "a\n"]) {
    await assert.rejects(
      pull("a/b", { token: { token, from: "HF_TOKEN" } }),
      {
        message:
          "Cannot pull a/b as a token is one word of ASCII: the one from HF_TOKEN is not",
      },
    );
  }
});

Deno.test("pull() takes the tokens of other hubs", async () => {
  const gate = { token: "mirror-1", status: 401, code: "" } as const;
  await withHub({ gate }, async ({ run }) => {
    const token = { token: "mirror-1", from: "HF_TOKEN" };
    await assertPulled(await run({ token }));
  });
});

Deno.test("pull() refuses paths that lead out of the snapshot", async () => {
  for (
    const path of ["../evil", "/evil", "a/../../evil", "a\\evil", "c:evil"]
  ) {
    const files = { [path]: WEIGHTS };
    await withHub({ files, lfs: [path] }, async ({ run }) => {
      await assert.rejects(run(), HubError);
    });
  }
});

Deno.test("two pulls into one cache both end well", async () => {
  await withHub(
    { drops: [9e9, 9e9, 30_000, 10_000] },
    async ({ run, cache }) => {
      const [one, two] = await Promise.all([run(), run()]);
      assert.equal(one, two);
      await assertPulled(one);
      const blobs = await readdir(join(cache, "models--owner--model", "blobs"));
      assert.ok(!blobs.some((blob) => blob.endsWith(".incomplete")));
    },
  );
});

Deno.test("pull() stops when it is told to, and goes on later", async () => {
  await withHub({}, async ({ run }) => {
    const controller = new AbortController();
    const reason = new DOMException("Interrupted", "AbortError");
    const stopped = run({
      signal: controller.signal,
      onProgress: ({ path, received }) => {
        if (path.startsWith("vae") && received > 30) controller.abort(reason);
      },
    });
    await stopped.then(
      (folder) => assertPulled(folder), // the rest had arrived already
      (error) => assert.equal(error.name, "AbortError"),
    );
    await assertPulled(await run());
  });
});

Deno.test("pull() says that a cache cannot be written", async () => {
  await withHub({}, async ({ run, cache }) => {
    const path = join(cache, "file");
    await writeFile(path, "");
    await assert.rejects(run({ cacheDir: path }));
    await chmod(cache, 0o500);
    const isRoot = Deno.uid() === 0;
    try {
      if (!isRoot) {
        await assert.rejects(run(), { message: /: permission is denied$/ });
      }
    } finally {
      await chmod(cache, 0o700);
    }
  });
});

Deno.test("pull() waits as long as a busy hub asks", async () => {
  const waits = { statuses: [429], retryAfter: "1" };
  await withHub(waits, async ({ run }) => {
    const start = performance.now();
    await assertPulled(await run());
    assert.ok(performance.now() - start >= 990);
  });
  await withHub(waits, async ({ run }) => {
    await assert.rejects(
      run({ limits: { waitMs: 900 } }),
      /: got status 429; pull again in 1 min, as it asks$/,
    );
  });
});

Deno.test("pull() refuses names that the disk cannot tell apart", async () => {
  const files = { "a/B.json": WEIGHTS, "A/b.json": WEIGHTS.slice(1) };
  await withHub({ files, lfs: [] }, async ({ run, cache }) => {
    const folder = await run();
    for (const [path, bytes] of Object.entries(files)) {
      const read = await readFile(join(folder, path));
      assert.deepEqual(new Uint8Array(read), bytes);
    }
    // as on a disk that finds "blobs" under this name too
    await mkdir(join(cache, "models--owner--model", "BLOBS"));
    await assert.rejects(
      run(),
      /must tell "a\/B.json" from "A\/b.json": it does not tell capitals$/,
    );
  });
});

Deno.test("pull() writes through no link that leads out of the cache", async () => {
  for (const part of ["blobs", `snapshots/${COMMIT}/vae`, "refs"]) {
    await withHub({}, async ({ run, cache }) => {
      const outside = join(cache, "outside");
      const path = join(cache, "models--owner--model", part);
      await mkdir(outside);
      await mkdir(dirname(path), { recursive: true });
      await symlink(outside, path);
      await assert.rejects(run(), {
        message:
          `Cannot pull owner/model as "${path}" must be a folder of the cache: got a link, remove it`,
      });
      assert.deepEqual(await readdir(outside), []);
    });
  }
});

Deno.test("pull() says what is in the way", async () => {
  await withHub({}, async ({ run, cache }) => {
    const folder = join(cache, "models--owner--model", "snapshots", COMMIT);
    await mkdir(join(folder, "model_index.json"), { recursive: true });
    await assert.rejects(
      run(),
      /must take it: a folder is where a file must be$/,
    );
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await writeFile(join(folder, "vae"), "");
    await assert.rejects(
      run(),
      /must take it: a file is where a folder must be$/,
    );
  });
});
