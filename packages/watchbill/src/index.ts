export { type Config, configJsonSchema, configSchema } from '@watchbill/duty/config/schema';
export { Fault, type Problem } from '@watchbill/kit';
export { EXIT, EXIT_MEANINGS, type ExitCode } from '@watchbill/kit/command/exit';
export { type Io, systemIo } from '@watchbill/kit/command/io';
export { buildProgram } from './program.ts';
export { renderCliReference, renderConfigReference } from './reference.ts';
export { runCli } from './run.ts';
