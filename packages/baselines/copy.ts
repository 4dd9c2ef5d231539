import { fitPicture } from "@edit-transfer/image";
import { defineMethod, type Method } from "./method.ts";
import { panelsOf } from "./prepare_picture.ts";

/** The floors: what a picture scores that nobody edited. */
export const COPY_QUERY: Method = copying("copy-query", {
  title: "copy of the query",
  panel: 2,
});

/** The example's answer in the place of one. */
export const COPY_AFTER: Method = copying("copy-after", {
  title: "copy of the example's after",
  panel: 1,
});

function copying(
  name: string,
  { title, panel }: { readonly title: string; readonly panel: 1 | 2 },
): Method {
  return defineMethod({
    name,
    title,
    source: "a floor of this program",
    options: {},
    async prepare(pipeline, inputs) {
      const { panelSize, panels, whole } = await panelsOf(pipeline, inputs);
      const picture = panel === 2 ? inputs.query : inputs.after;
      return {
        prompt: "",
        panelSize,
        panels,
        notices: [],
        timings: { text: 0, encode: 0 },
        async run({ signal } = {}) {
          signal?.throwIfAborted();
          return {
            image: whole === undefined
              ? panels[panel]
              : await fitPicture(picture, whole, "match"),
            panel: panels[panel],
            latents: new Float32Array(),
            timings: { denoise: 0, decode: 0 },
          };
        },
        [Symbol.dispose]() {},
      };
    },
  });
}
