import type { ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { runCommandLine } from '@watchbill/kit/command/run';
import { withAddresses } from './docs/addresses.ts';
import { DOORS } from './doors.ts';

/** Runs one command line (without the executable and script) and answers the exit status. Never throws. */
export function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  return runCommandLine(DOORS, args, io, withAddresses);
}
