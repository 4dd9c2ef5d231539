import { type ModelEditor, openEditor } from "@edit-transfer/evaluate";
import type { OpenEditorOptions } from "@edit-transfer/evaluate";

/** How a method answers cases. */
interface Method {
  /** Name in tables. */
  readonly title: string;
  /** Opens it on a model. */
  open(
    model: string | undefined,
    options: OpenEditorOptions,
  ): Promise<ModelEditor>;
}

/** Methods by their names. */
export const METHODS: Readonly<Record<string, Method>> = {
  ours: { title: "ours", open: openEditor },
  "ours-kept": {
    title: "ours, kept conditions",
    open: (model, options) =>
      openEditor(model, { ...options, conditions: "kept" }),
  },
};
