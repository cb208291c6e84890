import { dirname, resolve } from 'node:path';
import { readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import type { Command } from 'commander';
import type { Programme } from '../../index.ts';
import type { ServiceConfig } from '../../service/index.ts';
import { readProgramme } from '../inputs.ts';
import { resultOf } from '../problems.ts';

export const CONFIG_FILE = 'nominate.yaml';

/** A configuration with the programme that it names. */
export interface RunDocument {
  readonly config: ServiceConfig;
  readonly programme: Programme;
  /** The folder of the file: relative paths start there. */
  readonly dir: string;
  readonly file: string;
}

/** Adds `--config`. */
export function addConfigOption(command: Command): Command {
  return command.option('--config <file>', 'configuration of the programme', CONFIG_FILE);
}

/** Reads both files. Throws a usage fault with everything that is wrong in them. */
export async function readRunDocument(io: Io, path: string): Promise<RunDocument> {
  const [{ serviceShape }, { decodeProgramme }] = await Promise.all([
    import('../../service/index.ts'),
    import('../../index.ts'),
  ]);
  const missing = 'make one with `watchbill nominate init`, or name it with --config';
  const { value, file } = readDocument(io, path, serviceShape, {
    missing,
    page: 'nominate-service',
  });
  const dir = dirname(file);
  const given = readProgramme(io, resolve(dir, value.programme));
  const read = decodeProgramme(given.text);
  const programme = await resultOf(
    read.ok
      ? { ok: true as const, result: read.programme }
      : { ok: false as const, document: 'programme' as const, problems: read.problems },
    { programme: given },
  );
  return { config: value, programme, dir, file };
}
