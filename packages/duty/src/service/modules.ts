import type { assembleCore } from './assemble.ts';

/** The parts of a running core, wired in `permit.ts`. */
export type CoreModules = Readonly<Awaited<ReturnType<typeof assembleCore>>>;
