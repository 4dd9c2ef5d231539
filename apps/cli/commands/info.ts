import { jsonText } from "@edit-transfer/files";
import { print } from "@edit-transfer/terminal";
import { readRecord } from "../record.ts";
import type { Verb } from "../verb.ts";

/** `info`: how a picture was made. */
export const verb: Verb = (command) => {
  command
    .argument("<file>", "output of edit or generate, or its sidecar")
    .option("--json", "print the record as JSON")
    .action(run);
};

async function run(
  png: string,
  flags: { readonly json?: true | undefined },
): Promise<void> {
  const { parameters, record } = await readRecord(png);
  print(
    flags.json === true
      ? jsonText(record)
      : `${parameters}\n\n${jsonText(record, 2)}`,
  );
}
