import { type LoraStyle, readLora, saveLora } from "@edit-transfer/lora";
import { print, required, warn } from "@edit-transfer/terminal";
import { openSafetensors } from "@edit-transfer/weights";
import { Option } from "commander";
import { checkFree } from "../output.ts";
import type { Verb } from "../verb.ts";

/** Flags of `lora convert`. */
interface LoraConvertFlags {
  readonly to?: LoraStyle | undefined;
  readonly output?: string | undefined;
  readonly dtype?: "F32" | "F16" | "BF16" | undefined;
}

/** Metadata that speaks of the names and strengths of the file it was in. */
const OF_THE_FILE = ["lora_adapter_metadata", "alpha", "rank"];

/** `lora convert`: a LoRA in the names of another trainer. */
export const verb: Verb = (command) => {
  command
    .argument("<file>", "LoRA file")
    .addOption(
      new Option(
        "--to <style>",
        "whose names, required: peft is also diffusers'",
      ).choices(["peft", "kohya", "bfl", "xlabs"]),
    )
    .option("-o, --output <file>", "file to write, required")
    .addOption(
      new Option("--dtype <type>", "type to store (default: as it is)")
        .choices(["F32", "F16", "BF16"]),
    )
    .action(run);
};

async function run(path: string, flags: LoraConvertFlags): Promise<void> {
  const style = required(flags.to, "convert LoRA", "--to STYLE");
  const output = required(flags.output, "convert LoRA", "-o FILE");
  const { dtype } = flags;
  await checkFree(output, [path]);
  await using source = await openSafetensors(path);
  const lora = await readLora(source);
  const lost = lora.extras.find(({ harmless }) => !harmless);
  if (lost !== undefined) {
    throw new Error(
      `Cannot convert "${path}" as all of its arrays must be of a LoRA: got "${lost.key}", which ${lost.reason}`,
    );
  }
  for (const notice of lora.notices) warn(notice);
  const metadata = Object.fromEntries(
    Object.entries(lora.metadata).filter(([key]) =>
      !OF_THE_FILE.includes(key) && !key.startsWith("ss_network_")
    ),
  );
  await saveLora(output, lora, {
    style,
    metadata,
    dtype,
  });
  print(output);
}
