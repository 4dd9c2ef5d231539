/**
 * People in pictures: who they are, how they stand, where they look, what their
 * faces show; measures of edits that need no answer, and scores of pairs.
 *
 * The models come from npm packages that are downloaded at the first time.
 * What is not to be seen is `undefined`, never 0.
 *
 * @example Usage
 * ```ts no-eval
 * import { openPeopleMetrics } from "@edit-transfer/people";
 *
 * await using people = await openPeopleMetrics({ names: ["identity", "pose"] });
 * console.log(people.metrics.map(({ name }) => name));
 * ```
 *
 * @module
 */
export * from "./background.ts";
export { type BodyFrame, bodyFrame } from "./body_frame.ts";
export * from "./colours.ts";
export * from "./detector.ts";
export * from "./expression.ts";
export * from "./fit_pair_score.ts";
export * from "./front_view.ts";
export * from "./head_pose.ts";
export * from "./identity.ts";
export { installModels, type InstallModelsOptions } from "./install_models.ts";
export * from "./models.ts";
export * from "./open_people_metrics.ts";
export * from "./pair_score.ts";
export type { Panel } from "./panel.ts";
export * from "./person.ts";
export * from "./pose.ts";
export * from "./scale.ts";
