import {
  type Editor,
  openEditor,
  type OpenEditorOptions,
} from "@edit-transfer/evaluate";
import {
  METHODS as BASELINES,
  openMethodEditor,
} from "@edit-transfer/baselines";

/** A method that is open. */
export interface OpenMethod extends Editor, AsyncDisposable {
  /** Euler steps, of one that has the same for all cases. */
  readonly steps?: number | undefined;
  /** How given panels are seen. */
  readonly conditions?: string | undefined;
  /** Options of a baseline. */
  readonly options?: object | undefined;
}

/** How a method answers cases. */
interface Method {
  /** Name in tables. */
  readonly title: string;
  /** Opens it on a model. */
  open(
    model: string | undefined,
    options: OpenEditorOptions,
  ): Promise<OpenMethod>;
}

/** Methods by their names: ours, what others do on the same model, and floors. */
export const METHODS: Readonly<Record<string, Method>> = {
  ours: { title: "ours", open: openEditor },
  "ours-kept": {
    title: "ours, kept conditions",
    open: (model, options) =>
      openEditor(model, { ...options, conditions: "kept" }),
  },
  ...Object.fromEntries(
    BASELINES.map(({ name, title }): [string, Method] => [name, {
      title,
      // on the model without the LoRA, in the steps of the released program
      open: (model, { device, maxVram, onNotice }) =>
        openMethodEditor(name, model, { device, maxVram, onNotice }),
    }]),
  ),
};
