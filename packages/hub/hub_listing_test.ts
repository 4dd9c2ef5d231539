import { printable } from "@edit-transfer/files";
import assert from "node:assert/strict";
import process from "node:process";
import { chooseFiles } from "./choose_files.ts";
import { parseDocument } from "./hub_document.ts";
import { HubError } from "./hub_error.ts";
import { nextPage, parseCommit, parseListing } from "./hub_listing.ts";

const REPO = { repo: "owner/model", hubUrl: "https://hub.example" };
const SHA = "c".repeat(40);
const PAGE = `${REPO.hubUrl}/api/models/owner/model/tree/${SHA}`;
const ANSWERS = [
  { sha: SHA },
  [
    { type: "directory", path: "vae", size: 0, oid: SHA },
    { type: "file", path: "a b.json", size: 5, oid: SHA },
    {
      type: "file",
      path: "vae/ä.safetensors",
      size: 130,
      oid: SHA,
      lfs: { oid: "d".repeat(64), size: 9e9, pointerSize: 130 },
    },
  ],
].map((answer) => new TextEncoder().encode(JSON.stringify(answer)));
const LINK = new TextEncoder().encode(`<${PAGE}?cursor=x>; rel="next"`);

/** Uniform integers in [0, n) that depend on the seed alone. */
function seededRandom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

/** Pieces that are likely to matter. */
const PIECES = [
  '"',
  "\\",
  "\\u001b[2J",
  "\x1b[2J",
  "\x9b",
  "\n",
  "\u202e",
  "\\ud800",
  "../",
  "/",
  "null",
  "-1",
  "1e999",
  "[",
  "{",
  "}",
  "]",
  ",",
  ":",
  "__proto__",
  "<",
  ">",
  "file",
  "http://other.example",
  "//other.example",
  "javascript:",
].map((piece) => new TextEncoder().encode(piece));

/** A few changes of bytes: replaced, cut, doubled, or a piece put in. */
function mutated(bytes: Uint8Array, random: (n: number) => number): Uint8Array {
  let list = [...bytes];
  for (let changes = random(4) + 1; changes > 0; changes--) {
    const at = random(list.length + 1);
    const kind = random(5);
    if (kind === 0) list[at] = random(256);
    else if (kind === 1) list.splice(at, random(9));
    else if (kind === 2) list.splice(at, 0, ...list.slice(at, at + random(40)));
    else if (kind === 3) list = list.slice(0, at);
    else list.splice(at, random(3), ...PIECES[random(PIECES.length)]!);
  }
  return Uint8Array.from(list);
}

/** What pull() makes of an answer: names that it would use. */
function read(bytes: Uint8Array, kind: number): string[] {
  const { repo } = REPO;
  if (kind === 2) {
    const next = nextPage(new TextDecoder().decode(bytes), PAGE, repo);
    assert.ok(next === undefined || new URL(next).origin === REPO.hubUrl);
    return [next ?? ""];
  }
  const json = parseDocument(REPO, bytes);
  if (kind === 0) return [parseCommit(json, { repo, revision: "main" })];
  return chooseFiles(REPO, parseListing(json, repo), undefined)
    .flatMap(({ path, hash }) => [path, hash.hex]);
}

function assertPrintable(text: string): void {
  assert.equal(printable(text), text);
  assert.doesNotMatch(text, /\p{Cc}/u);
}

Deno.test("mutated answers of a hub are refused or sound, and always printable", () => {
  const runs = Number(process.env.EDIT_TRANSFER_FUZZ ?? 20_000);
  const random = seededRandom(15);
  const counts = { sound: 0, refused: 0 };
  for (let run = 0; run < runs; run++) {
    const kind = run % 3;
    const bytes = mutated([...ANSWERS, LINK][kind]!, random);
    try {
      for (const name of read(bytes, kind)) {
        assertPrintable(name);
        assert.ok(!name.split("/").includes("..") && !name.startsWith("/"));
      }
      counts.sound++;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      assertPrintable(error.message);
      assert.ok(error.message.length < 1000);
      counts.refused++;
    }
  }
  assert.ok(counts.sound > runs / 50 && counts.refused > runs / 5);
});

Deno.test("nextPage() finds the next page among other links", () => {
  const next = `${PAGE}?cursor=x,y`;
  for (
    const link of [
      `<${next}>; rel="next"`,
      `<${next}>; rel=next`,
      `<https://a/b>; rel="prev", <${next}>; title="x"; rel="next"`,
      `<${next.replace(REPO.hubUrl, "")}>;rel="next"`,
    ]
  ) assert.equal(nextPage(link, PAGE, REPO.repo), next);
  for (const link of [null, "", `<${next}>; rel="last"`, "next"]) {
    assert.equal(nextPage(link, PAGE, REPO.repo), undefined);
  }
});
