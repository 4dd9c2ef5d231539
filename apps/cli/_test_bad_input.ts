import assert from "node:assert/strict";
import { editArgs, filesIn, inFolder, runCli } from "./_run_cli.ts";

/** One bad command line: what it needs, what it is, what it must say. */
export interface BadInput {
  readonly name: string;
  readonly args: string[];
  readonly code: number;
  readonly says: RegExp;
  readonly prepare?: (folder: string) => Promise<void>;
  readonly env?: Record<string, string>;
  /** Lines that the message may have. */
  readonly lines?: number;
}

/** Writes a file into the folder of a case. */
export const write =
  (name: string, content: string | Uint8Array) => async (folder: string) => {
    await Deno.writeFile(
      `${folder}/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  };

/** An edit of a picture. */
export const query = (path: string) => editArgs("--query", path);

/** Tests that the program refuses each, and writes nothing. */
export function refuses(cases: readonly BadInput[]): void {
  for (const { name, args, code, says, prepare, env, ...rest } of cases) {
    Deno.test(`the program refuses ${name}`, async () => {
      await inFolder(async (cwd) => {
        await prepare?.(cwd);
        const before = filesIn(cwd);
        const run = await runCli(args, { cwd, ...env && { env } });
        assert.match(run.stderr, says);
        assert.equal(run.code, code);
        assert.equal(run.stdout, "");
        const { lines = 1 } = rest;
        const own = run.stderr.slice(run.stderr.indexOf("error: ")); // Vulkan may warn before
        assert.ok(own.trimEnd().split("\n").length <= lines);
        assert.deepEqual(filesIn(cwd), before); // nothing written
      });
    });
  }
}
