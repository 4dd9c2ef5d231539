import { Buffer } from "node:buffer";
import type { Message } from "./chat.ts";

const LETTERS = 4; // of a token, in English
const TILE = 512;
const TILE_TOKENS = 170;
const PICTURE_TOKENS = 85;

/**
 * Estimate of the tokens of a conversation: a quarter of its letters, and for
 * each picture 85 and 170 for every 512² of it, as OpenAI counts them.
 */
export function tokensOf(messages: readonly Message[]): number {
  let tokens = 0;
  for (const { content } of messages) {
    const parts = typeof content === "string"
      ? [{ type: "text", text: content } as const]
      : content;
    for (const part of parts) {
      tokens += part.type === "text"
        ? Math.ceil(part.text.length / LETTERS)
        : pictureTokens(part.image_url.url);
    }
  }
  return tokens;
}

/** Tokens of a PNG in a data URL, whose header has its sides. */
function pictureTokens(url: string): number {
  const head = Buffer.from(url.slice(url.indexOf(",") + 1, 100), "base64");
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
  const tiles = Math.ceil(width / TILE) * Math.ceil(height / TILE);
  return PICTURE_TOKENS + TILE_TOKENS * tiles;
}
