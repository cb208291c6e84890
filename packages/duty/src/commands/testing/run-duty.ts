import type { ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { runCommandLine } from '@watchbill/kit/command/run';
import { fakeRunner } from '@watchbill/kit/command/testing/fake-io';
import { DUTY_DOORS } from '../doors.ts';

const DOORS = DUTY_DOORS;

export const runFake = fakeRunner(DOORS);

export function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  return runCommandLine(DOORS, args, io);
}
