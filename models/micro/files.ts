// Written by train/list_files.ts.
import type { ListedFile } from "./fetch_files.ts";

/** What the embedded model consists of. */
export const FILES: readonly ListedFile[] = [
  {
    path: "lora/edit_transfer.safetensors",
    bytes: 835688,
    sha256: "334b8d01d0a3027b54c6aade959658ebca8ad2f6c4951d1f3c1f6a961dc730c6",
  },
  {
    path: "lora/edit_transfer_kept.safetensors",
    bytes: 835736,
    sha256: "c63478261f1057269244eae0d66143384201d011ae180a951a08118cb51c1d2e",
  },
  {
    path: "model_index.json",
    bytes: 835,
    sha256: "90364538aae72b7f5a4ae8d7169f2add6ba33796298303d6fda8721d13ddbc3d",
  },
  {
    path: "scheduler/scheduler_config.json",
    bytes: 478,
    sha256: "626b6489e9f255a78ac91365fda525b1739a76561b3f4dc1f4e8bf314fcf9f23",
  },
  {
    path: "text_encoder/config.json",
    bytes: 537,
    sha256: "9e46b7197669307f3e84a74f219bf6fbcb14cab1c3acfc270c02059da71bf484",
  },
  {
    path: "text_encoder/model.safetensors",
    bytes: 308672,
    sha256: "137f8129d121eeb71d1a49458a2d1e453272be19e6108fd940ea2536ee2f51e8",
  },
  {
    path: "text_encoder_2/config.json",
    bytes: 730,
    sha256: "2c76ba4f8d3d80004bd04e0a8a887b97b933b983bc683eeb80c74b74f4712c84",
  },
  {
    path: "text_encoder_2/model.safetensors",
    bytes: 564160,
    sha256: "32ab541dc0536998e07b52665ff193bfb24a4787ef6bbca3ddaca393f27d669c",
  },
  {
    path: "tokenizer/merges.txt",
    bytes: 2282,
    sha256: "62acdad9c73c8e78a091360e09443143b1e5349585569a82b15d96e73050eb0c",
  },
  {
    path: "tokenizer/special_tokens_map.json",
    bytes: 474,
    sha256: "3ba0e9f9da997effb98ce776ddc470d65488ddb23e208afd0a9d64fed522a557",
  },
  {
    path: "tokenizer/tokenizer_config.json",
    bytes: 274,
    sha256: "c0890c647bfcdcf4862feffc8646634973a7054d7c9f25d94b7ad542230e36a1",
  },
  {
    path: "tokenizer/vocab.json",
    bytes: 10657,
    sha256: "ff954ea02ea5125ad0023ee92a98ed7d8d62d2ae7b383fa7e65503d1a5c1f2a0",
  },
  {
    path: "tokenizer_2/special_tokens_map.json",
    bytes: 74,
    sha256: "5e4d1f5e759d74cb1c2fe1d165cfc62b5237aa904de759380cd6f43042eec723",
  },
  {
    path: "tokenizer_2/tokenizer.json",
    bytes: 12508,
    sha256: "01d825c9797152c81f2f0a2b51a90db22fa43afacc27a537f9c7ed859420a7c9",
  },
  {
    path: "tokenizer_2/tokenizer_config.json",
    bytes: 193,
    sha256: "12dc628bf65175c14181e8c63ae826d342be7cf79fcc93a504bcf1dffc69c706",
  },
  {
    path: "transformer/config.json",
    bytes: 381,
    sha256: "eb8b0617b434c0e087953aa18440847efdf0f91c089fb52e0b14d72308e43043",
  },
  {
    path: "transformer/diffusion_pytorch_model.safetensors",
    bytes: 7799496,
    sha256: "aa77bbe3d0b6a859950608b37cbb50e933f63d597ca295cc2d56fc2b29e57aab",
  },
  {
    path: "vae/config.json",
    bytes: 763,
    sha256: "dd282c10fa7154457f650d28fd2d090f276cacd85069028e7bdb60b5c40251c4",
  },
  {
    path: "vae/diffusion_pytorch_model.safetensors",
    bytes: 2016974,
    sha256: "2578f0f0fc16a5c820e4ce9b5677f14119059c86865274dd7f0d5be745d7325d",
  },
];
