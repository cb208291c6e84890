import { DOORS } from './doors.ts';
import type { ExitCode } from './process/exit.ts';
import type { Io } from './process/io.ts';
import { runCommandLine } from './process/run.ts';

/** Runs one command line (without the executable and script) and answers the exit status. Never throws. */
export function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  return runCommandLine(DOORS, args, io);
}
