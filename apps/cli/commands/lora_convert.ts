import { type LoraStyle, readLora, saveLora } from "@edit-transfer/lora";
import { openSafetensors } from "@edit-transfer/weights";
import process from "node:process";
import { required } from "../required.ts";

/** Flags of `lora convert`. */
export interface LoraConvertFlags {
  readonly to?: LoraStyle;
  readonly output?: string;
  readonly dtype?: "F32" | "F16" | "BF16";
}

/** Metadata that speaks of the names and strengths of the file it was in. */
const OF_THE_FILE = ["lora_adapter_metadata", "alpha", "rank"];

/** Writes a LoRA again, in the names of another trainer. */
export async function loraConvert(
  path: string,
  flags: LoraConvertFlags,
): Promise<void> {
  const style = required(flags.to, "convert LoRA", "--to STYLE");
  const output = required(flags.output, "convert LoRA", "-o FILE");
  const { dtype } = flags;
  await using source = await openSafetensors(path);
  const lora = await readLora(source);
  const metadata = Object.fromEntries(
    Object.entries(lora.metadata).filter(([key]) =>
      !OF_THE_FILE.includes(key) && !key.startsWith("ss_network_")
    ),
  );
  await saveLora(output, lora, {
    style,
    metadata,
    ...dtype === undefined ? {} : { dtype },
  });
  process.stdout.write(`${output}\n`);
}
