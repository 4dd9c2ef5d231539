/** Dawn, a module of its own: who imports this has it fetched, 132 MB. */
export { create } from "webgpu";
