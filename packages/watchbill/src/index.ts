export { type Io, systemIo } from '@watchbill/kit/command/io';
export { buildProgram } from './program.ts';
export { runCli } from './run.ts';
