/**
 * Edit transfer in one call.
 *
 * @module
 */
export {};
