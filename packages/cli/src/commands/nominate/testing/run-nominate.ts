import type { ExitCode } from '../../../process/exit.ts';
import type { Io } from '../../../process/io.ts';
import { runCommandLine } from '../../../process/run.ts';
import { fakeRunner } from '../../../testing/fake-io.ts';
import { NOMINATE_DOOR } from '../door.ts';

const DOORS = [NOMINATE_DOOR];

export const runFake = fakeRunner(DOORS);

export function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  return runCommandLine(DOORS, args, io);
}
