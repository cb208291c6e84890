export { type Config, configJsonSchema, configSchema } from './config/schema.ts';
export { EXIT, EXIT_MEANINGS, type ExitCode } from './process/exit.ts';
export { Fault, type Problem } from './process/fault.ts';
export { type Io, systemIo } from './process/io.ts';
export { buildProgram } from './program.ts';
export { renderCliReference, renderConfigReference } from './reference.ts';
export { runCli } from './run.ts';
