import { EXIT } from '@watchbill/kit/command/exit';
import { systemIo } from '@watchbill/kit/command/io';
import { watchOutputs } from '@watchbill/kit/command/outputs';
import { runCli } from './run.ts';

const outputs = watchOutputs(process.stdout, process.stderr);
const exitCode = hasWorkingFolder() ? await runCli(process.argv.slice(2), systemIo(outputs)) : EXIT.fault;
// A command that runs until it is stopped may have set its own status already.
if (exitCode !== 0 || process.exitCode === undefined) process.exitCode = exitCode;
process.on('exit', (code) => {
  process.exitCode = outputs.statusOf(code);
});

/** False if the folder of this shell was removed: relative paths have no meaning then. */
function hasWorkingFolder(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    process.stderr.write(
      'error: the folder of this shell was removed\n  what to do: change into one that exists\n',
    );
    return false;
  }
}
