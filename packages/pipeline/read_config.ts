import { FormatError, TAKE_ANOTHER } from "@edit-transfer/weights";
import { readJson } from "./read_json.ts";

/** Ways to quantise, by what `quant_method` says. */
const METHODS: Readonly<Record<string, string>> = {
  "auto-round": "AutoRound",
  awq: "AWQ",
  bitsandbytes: "8 bits of bitsandbytes (LLM.int8)",
  gguf: "GGUF, whose file has to be named itself",
  gptq: "GPTQ",
  modelopt: "NVIDIA's ModelOpt",
  nunchaku: "4 bits of nunchaku (SVDQuant)",
  nunchaku_lite: "4 bits of nunchaku (SVDQuant)",
  quanto: "quanto",
  sdnq: "SDNQ",
  svdquant: "4 bits of nunchaku (SVDQuant)",
  torchao: "torchao",
};

/**
 * Reads the `config.json` of a part, and refuses weights that it says to be
 * quantised in a way that is not read.
 *
 * Source: `quantization_config` as huggingface/diffusers v0.42.1 and
 * huggingface/transformers v5.23.0 write it.
 */
export async function readConfig(path: string): Promise<unknown> {
  const json = await readJson(path);
  const { quantization_config: quantized } = (json ?? {}) as {
    readonly quantization_config?: unknown;
  };
  if (quantized === undefined || quantized === null) return json;
  const config = quantized as Record<string, unknown>;
  const { quant_method: method, quant_algo, quant_type } = config;
  const is4Bit = config.load_in_4bit === true || config._load_in_4bit === true;
  if (is4Bit && (method ?? "bitsandbytes") === "bitsandbytes") return json;
  const name = METHODS[String(method)] ?? JSON.stringify(method ?? quantized);
  const type = [quant_algo, quant_type, config.weights_dtype]
    .find((value) => typeof value === "string");
  throw new FormatError(
    `Cannot read "${path}" as its quantization_config must be 4 bits of bitsandbytes: ` +
      `got ${name}${type === undefined ? "" : ` (${type})`}; ${TAKE_ANOTHER}`,
    { path },
  );
}
