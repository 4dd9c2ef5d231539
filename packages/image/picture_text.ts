import { ImageError } from "./image_error.ts";
import { MAX_PIXELS, SVG_LIMITS } from "./decode_image.ts";
import { PNG_SIGNATURE } from "./png_chunks.ts";
import { readPngText } from "./png_text.ts";
import { readMetadata } from "./read_metadata.ts";

const NAMESPACE = "https://edit-transfer.github.io/ns/1.0/";

/**
 * Texts of a picture file: of PNG its text chunks, of JPEG and WebP those that
 * `encodePicture` put into their XMP packet.
 *
 * @param bytes Bytes of the file.
 * @param options `path` stands for the file in messages.
 * @returns Texts by keyword.
 *
 * @throws {ImageError} If the bytes are not a sound picture.
 *
 * @example Usage
 * ```ts
 * import { blankImage, encodePicture, readPictureText } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const text = { prompt: "a < b" };
 * for (const format of ["png", "jpeg", "webp"] as const) {
 *   const bytes = await encodePicture(blankImage(2, 2), { format, text });
 *   assert.deepEqual(await readPictureText(bytes), text);
 * }
 * ```
 */
export async function readPictureText(
  bytes: Uint8Array,
  options: {
    /** Stands for the file in messages. */
    readonly path?: string | undefined;
  } = {},
): Promise<Record<string, string>> {
  const { path = "image" } = options;
  const isPng = PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
  if (isPng) return readPngText(bytes, { path });
  const { xmp } = await readMetadata(bytes, {
    path,
    maxPixels: MAX_PIXELS,
    maxSeconds: SVG_LIMITS.maxSeconds,
    maxGrowth: SVG_LIMITS.maxGrowth,
  });
  const packet = xmp === undefined ? "" : xmp.toString("utf8");
  if (!packet.includes(`"${NAMESPACE}"`)) return {};
  const found = packet.matchAll(/<et:([\w-]+)>([^<]*)<\/et:\1>/g);
  return Object.fromEntries(
    Array.from(found, ([, name, text]) => [name!, unescaped(text!)]),
  );
}

/** XMP packet of texts; that of `parameters` is the description, too. */
export function xmpPacket(text: Readonly<Record<string, string>>): string {
  const elements = Object.entries(text).map(([name, value]) => {
    if (!/^[a-z_][\w-]*$/i.test(name)) {
      throw new ImageError(
        `Cannot store text in XMP as a keyword must be letters and digits: got ${
          JSON.stringify(name)
        }`,
        { path: "image" },
      );
    }
    return `<et:${name}>${escaped(value)}</et:${name}>`;
  });
  const { parameters } = text;
  const description = parameters === undefined
    ? ""
    : `<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${
      escaped(parameters)
    }</rdf:li></rdf:Alt></dc:description>`;
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>` +
    `<x:xmpmeta xmlns:x="adobe:ns:meta/">` +
    `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
    `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:et="${NAMESPACE}">` +
    `${description}${
      elements.join("")
    }</rdf:Description></rdf:RDF></x:xmpmeta>` +
    `<?xpacket end="w"?>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\r": "&#13;",
};

/** Text of an element; characters that XML has no way to write are replaced. */
function escaped(text: string): string {
  return text
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>\r]/g, (sign) => ENTITIES[sign]!);
}

function unescaped(text: string): string {
  return text.replace(
    /&(?:amp|lt|gt|#13);/g,
    (entity) =>
      Object.keys(ENTITIES).find((sign) => ENTITIES[sign] === entity)!,
  );
}
