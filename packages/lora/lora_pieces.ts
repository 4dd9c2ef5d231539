/** An array of an adapter, by what it is for. */
export type Piece =
  | "A"
  | "B"
  | "A.bias"
  | "B.bias"
  | "alpha"
  | "magnitude"
  | "doraScale"
  | "diff"
  | "diffBias"
  | "gain"
  | "gainDiff"
  | "w1"
  | "w1a"
  | "w1b"
  | "w2"
  | "w2a"
  | "w2b"
  | "hada1a"
  | "hada1b"
  | "hada2a"
  | "hada2b";

/** `.default`, the name of an adapter in PEFT, or nothing. */
const ADAPTER = "(?:\\.[\\w-]+)?";

/** Ends of names, the first that matches counts; the rest is a module. */
const PIECES: readonly (readonly [end: RegExp, piece: Piece])[] = [
  // XLabs-AI, whose modules end in the words of others
  [/(?<=\.processor\.(?:qkv|proj)_lora\d?)\.down\.weight$/, "A"],
  [/(?<=\.processor\.(?:qkv|proj)_lora\d?)\.up\.weight$/, "B"],
  // PEFT, kohya, diffusers before PEFT
  ...matrices("\\.lora_A", "\\.lora_B"),
  ...matrices("\\.lora_down", "\\.lora_up"),
  ...matrices("[._]lora\\.down", "[._]lora\\.up"),
  ...matrices("\\.lora_linear_layer\\.down", "\\.lora_linear_layer\\.up"),
  [/\.alpha$/, "alpha"],
  // DoRA of PEFT and of LyCORIS
  [
    new RegExp(`\\.lora_magnitude_vector${ADAPTER}(?:\\.weight)?$`),
    "magnitude",
  ],
  [/\.dora_scale$/, "doraScale"],
  // LyCORIS
  ...whole("lokr_w1", "w1"),
  ...whole("lokr_w1_a", "w1a"),
  ...whole("lokr_w1_b", "w1b"),
  ...whole("lokr_w2", "w2"),
  ...whole("lokr_w2_a", "w2a"),
  ...whole("lokr_w2_b", "w2b"),
  ...whole("hada_w1_a", "hada1a"),
  ...whole("hada_w1_b", "hada1b"),
  ...whole("hada_w2_a", "hada2a"),
  ...whole("hada_w2_b", "hada2b"),
  [/(?<=[._](?:query|key)_norm)(?:\.weight|\.scale)?\.diff$/, "gainDiff"],
  [/(?<=[._]norm_(?:added_)?[qk])(?:\.weight)?\.diff$/, "gainDiff"],
  [/\.w_norm$/, "gainDiff"],
  [/(?:\.weight)?\.diff$/, "diff"],
  [/\.(?:diff_b|b_norm)$/, "diffBias"],
  // control LoRAs of Black Forest Labs, which also bring the gains of norms
  [/(?<=\.(?:query|key)_norm)\.(?:scale|weight)$/, "gain"],
  [/(?<=\.norm_(?:added_)?[qk])\.weight$/, "gain"],
];

/** Adapters that are not supported, by what the ends of their names look like. */
const OTHERS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [
    /\.lora_mid\.weight$/,
    "a LoCon with a middle convolution, which FLUX has no layer for",
  ],
  [
    /\.(?:lokr|hada)_t[12]\b/,
    "a LyCORIS adapter of convolutions, which FLUX does not have",
  ],
  [/\.boft_\w+$/, "a BOFT, which rotates weights"],
  [/\.oft_\w+/, "an OFT, which rotates weights"],
  [
    /\.(?:a1|a2|b1|b2|bm1|bm2)\.weight$|\.glora_/,
    "a GLoRA, which also changes what layers read",
  ],
  [/\.on_input$|\.ia3_l\b/, "an (IA)³, which scales activations"],
  [/\.vera_lambda_[bd]\b/, "a VeRA, whose matrices are not in the file"],
  [/\.lora_embedding_[AB]\b/, "a LoRA of an embedding table"],
  [
    /\.(?:hra_u|randlora_\w+|waveft_spectrum|fourierft_spectrum|c3a_kernel)\b/,
    "an adapter of PEFT other than LoRA, LoHa and LoKr",
  ],
];

/** Arrays that trainers put into LoRA files and that change no layer. */
const FOREIGN: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^bundle_emb\./,
    "is a bundled embedding of a text encoder, for words that no prompt here has",
  ],
  [
    /^(?:emb_params|string_to_param|clip_[lg]|t5xxl)$/,
    "is a textual inversion",
  ],
  [/(?:^|\.)(?:logit_scale|position_ids)$/, "is not read by FLUX"],
];

/** The piece that a name stands for, and what stands in front of it. */
export function parsePiece(
  name: string,
): { start: string; piece: Piece } | undefined {
  for (const [end, piece] of PIECES) {
    const found = name.search(end);
    if (found > 0) return { start: name.slice(0, found), piece };
  }
  return undefined;
}

/** The kind of adapter that a name belongs to, if it is not supported. */
export function otherAdapter(name: string): string | undefined {
  return OTHERS.find(([pattern]) => pattern.test(name))?.[1];
}

/** Why a name is no part of a LoRA, though files of LoRAs may have it. */
export function foreignReason(name: string): string | undefined {
  return FOREIGN.find(([pattern]) => pattern.test(name))?.[1];
}

function matrices(down: string, up: string): (readonly [RegExp, Piece])[] {
  const end = (start: string, last: string) =>
    new RegExp(`${start}${ADAPTER}\\.${last}$`);
  return [
    [end(down, "weight"), "A"],
    [end(up, "weight"), "B"],
    [end(down, "bias"), "A.bias"],
    [end(up, "bias"), "B.bias"],
  ];
}

function whole(name: string, piece: Piece): (readonly [RegExp, Piece])[] {
  return [[new RegExp(`\\.${name}${ADAPTER}$`), piece]];
}
