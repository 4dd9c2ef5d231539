import type { Image } from "@edit-transfer/image";

/** Refuses what is no picture: JavaScript passes anything. */
export function checkPicture(name: string, picture: Image): void {
  const { data } = (picture as Partial<Image> | null | undefined) ?? {};
  if (data instanceof Uint8Array) return;
  throw new TypeError(
    `Cannot edit as ${name} must be a picture { width, height, data } of RGB bytes, as decodeImage gives it: got ${
      picture === undefined || picture === null
        ? "nothing"
        : typeof picture === "object"
        ? `an object with ${Object.keys(picture).join(", ") || "nothing in it"}`
        : typeof picture
    }`,
  );
}
