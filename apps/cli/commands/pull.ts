import process from "node:process";
import type { Context } from "../program.ts";
import { Progress } from "../progress.ts";

/** Flags of `pull`. */
export interface PullFlags {
  readonly include?: readonly string[];
  readonly revision: string;
  readonly quiet?: true;
}

const MB = 1e6;

/** Pulls a repository of the hub into the cache and prints its folder. */
export async function pull(
  repo: string,
  flags: PullFlags,
  { signal }: Context,
): Promise<void> {
  // the hub's package is large, and no other command needs it
  const hub = await import("@edit-transfer/hub");
  const { include = [], revision, quiet } = flags;
  const progress = new Progress({
    stream: process.stderr,
    quiet: quiet === true,
    units: ["MB", "MB"],
  });
  progress.start();
  let last = -1;
  try {
    const folder = await hub.pull(repo, {
      include,
      revision,
      signal,
      onProgress({ path, received, total }) {
        const done = Math.floor(received / MB);
        if (done === last && received < total) return;
        last = done;
        progress.step(done, Math.ceil(total / MB), path);
      },
    });
    progress.end();
    process.stdout.write(`${folder}\n`);
  } finally {
    progress.end();
  }
}
