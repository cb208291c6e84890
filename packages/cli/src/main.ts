import { systemIo } from './io.ts';
import { watchOutputs } from './outputs.ts';
import { runCli } from './run.ts';

const outputs = watchOutputs(process.stdout, process.stderr);
const exitCode = await runCli(process.argv.slice(2), systemIo(outputs));
// A command that runs until it is stopped may have set its own status already.
if (exitCode !== 0 || process.exitCode === undefined) process.exitCode = exitCode;
process.on('exit', (code) => {
  process.exitCode = outputs.statusOf(code);
});
