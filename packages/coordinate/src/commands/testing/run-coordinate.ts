import { commandFolder } from '@watchbill/kit/command/testing/command-folder';
import { runners } from '@watchbill/kit/command/testing/fake-io';
import { COORDINATE_DOOR } from '../door.ts';

export const { runCli, runFake } = runners([COORDINATE_DOOR]);

/** A new folder in which commands of `coordinate` run, or a given one. */
export const commandsIn = (cwd?: string) => commandFolder(runFake, 'coordinate', cwd);
