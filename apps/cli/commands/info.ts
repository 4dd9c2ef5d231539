import process from "node:process";
import { readRecord } from "../record.ts";

/** Shows how a picture was made. */
export async function info(
  png: string,
  flags: { readonly json?: true },
): Promise<void> {
  const { parameters, record } = await readRecord(png);
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify(record)}\n`
      : `${parameters}\n\n${JSON.stringify(record, null, 2)}\n`,
  );
}
