import { pull } from "@edit-transfer/hub";
import { print, Progress } from "@edit-transfer/terminal";
import type { Context, Verb } from "../verb.ts";

/** Flags of `pull`. */
interface PullFlags {
  readonly include?: readonly string[] | undefined;
  readonly revision: string;
  readonly quiet?: true | undefined;
}

const MB = 1e6;

/** `pull`: a repository of the hub, into the cache. */
export const verb: Verb = (command, context) => {
  command
    .argument("<repo>", "OWNER/NAME, e.g. black-forest-labs/FLUX.1-dev")
    .option("--include <patterns...>", 'files to take, e.g. "vae/*" (quoted)')
    .option("--revision <name>", "branch, tag or commit", "main")
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      "\nPrints the folder, in the cache that huggingface_hub uses too. The token comes" +
        "\nfrom HF_TOKEN or the hub's token file." +
        '\n\nExample:\n  edit --model "$(pull black-forest-labs/FLUX.1-dev)" …',
    )
    .action((repo, flags) => run(repo, flags, context));
};

async function run(
  repo: string,
  flags: PullFlags,
  { signal }: Context,
): Promise<void> {
  const { include = [], revision, quiet } = flags;
  const progress = new Progress({ quiet, units: ["MB", "MB"] });
  progress.start();
  let last = -1;
  try {
    const folder = await pull(repo, {
      include,
      revision,
      signal,
      onProgress({ path, received, total }) {
        const done = Math.floor(received / MB);
        if (done === last && received < total) return;
        last = done;
        progress.step(done, Math.ceil(total / MB), { label: path });
      },
    });
    progress.end();
    print(folder);
  } finally {
    progress.end();
  }
}
