/** Invocations of a workgroup of kernels that treat elements one by one. */
export const WG = 64;
