import { systemIo } from './io.ts';
import { runCli } from './run.ts';

// A reader that has seen enough (`watchbill config schema | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const exitCode = await runCli(process.argv.slice(2), systemIo());
// A command that runs until it is stopped may have set its own status already.
if (exitCode !== 0 || process.exitCode === undefined) process.exitCode = exitCode;
