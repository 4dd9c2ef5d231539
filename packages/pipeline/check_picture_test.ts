import type { Image } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { checkPicture } from "./check_picture.ts";

Deno.test("what is no picture is refused by its name", () => {
  const refused = (value: unknown, got: string) =>
    assert.throws(() => checkPicture("query", value as Image), {
      name: "TypeError",
      message:
        `Cannot edit as query must be a picture { width, height, data } of RGB bytes, as decodeImage gives it: got ${got}`,
    });
  refused(undefined, "nothing");
  refused(null, "nothing");
  refused("query.png", "string");
  refused({}, "an object with nothing in it");
  refused({ width: 1, height: 1 }, "an object with width, height");
  checkPicture("query", { width: 1, height: 1, data: new Uint8Array(3) });
});
