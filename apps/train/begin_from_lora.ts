import { microFolder } from "@edit-transfer/micro";
import { readModelSettings } from "@edit-transfer/pipeline";
import { readPretrainedLora } from "@edit-transfer/training";
import { join } from "node:path";
import {
  type ConfigFile,
  EMBEDDED_MODEL,
  type Process,
} from "./config_schema.ts";

/**
 * The config with rank and alpha of the LoRA that the run begins from, where it
 * names none of its own; the embedded model's name stands for the LoRA in it.
 */
export async function beginFromLora(file: ConfigFile): Promise<ConfigFile> {
  const [process] = file.config.process as [Process];
  const { network } = process;
  const named = network.pretrained_lora_path;
  if (named === undefined) return file;
  const path = named === EMBEDDED_MODEL ? await embeddedLora() : named;
  const { rank, alpha } = await readPretrainedLora(path);
  const begun = {
    ...network,
    pretrained_lora_path: path,
    linear: network.linear ?? rank,
    linear_alpha: network.linear_alpha ?? alpha,
  };
  return {
    ...file,
    config: { ...file.config, process: [{ ...process, network: begun }] },
  };
}

async function embeddedLora(): Promise<string> {
  const folder = await microFolder();
  const { lora } = await readModelSettings(folder);
  return join(folder, lora!);
}
