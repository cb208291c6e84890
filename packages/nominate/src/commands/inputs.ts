import { resolve } from 'node:path';
import { Fault, usageFault, visible } from '@watchbill/kit';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { readYaml } from '@watchbill/kit/command/yaml-file';
import type { Command } from 'commander';
import type { LoadedModule, Texts } from '../index.ts';
import type { Documents, Given } from './problems.ts';

/** Flags that name the inputs of a decision. */
export interface InputFlags {
  readonly snapshot: string;
  readonly programme: string;
  readonly module?: readonly string[];
}

/** A text with the names that its errors need. */
export interface GivenText extends Given {
  readonly text: string;
}

export const PROGRAMME_FILE = 'programme.yaml';

/** Adds `--snapshot`, `--programme` and `--module`. */
export function addInputOptions(command: Command): Command {
  command
    .requiredOption('--snapshot <file>', 'snapshot: all facts of one moment, unchanged since it was taken')
    .option('--programme <file>', 'rules of the programme, YAML or JSON', PROGRAMME_FILE);
  return addModuleOption(command);
}

/** Adds `--module`. */
export function addModuleOption(command: Command): Command {
  return command.option(
    '--module <file>',
    'your own check (repeat); the file is code and runs with all your rights',
    (file: string, before: readonly string[] = []) => [...before, file],
  );
}

/** Reads the files that the flags name. Throws a usage fault for what cannot be read. */
export async function readInputs(
  io: Io,
  { snapshot, programme, module }: InputFlags,
): Promise<{ readonly texts: Texts; readonly documents: Documents }> {
  const one = readRaw(io, snapshot, SNAPSHOT);
  const two = readProgramme(io, programme);
  const modules = await loadModules(io, module);
  return {
    texts: { snapshot: one.text, programme: two.text, modules },
    documents: { snapshot: one, programme: two },
  };
}

/** The expected kind of a file, and the remedy for another one. */
interface Kind {
  readonly kind: string;
  readonly missing: string;
  readonly remedy: string;
}

const SNAPSHOT: Kind = {
  kind: 'a snapshot',
  missing: 'name a snapshot; `watchbill nominate init --example` writes an invented one',
  remedy: 'take the snapshot again, or get the one that was published and compare its digest; never edit it',
};

const ROUND: Kind = {
  kind: 'a stored round',
  missing: 'name a file that `watchbill nominate round plan --out` wrote',
  remedy: 'give a file that `watchbill nominate round plan --out` wrote, unchanged',
};

/** Reads the text of a stored round. */
export function readRound(io: Io, file: string): GivenText {
  return readRaw(io, file, ROUND);
}

/** A file whose very bytes count. One line feed at its end is not part of it. */
function readRaw(io: Io, file: string, { kind, missing, remedy }: Kind): GivenText {
  return { file, text: textOf(io, file, missing).replace(/\n$/, ''), kind, remedy };
}

/** A programme in YAML or JSON, as the JSON that the operations read, with the line of each value. */
export function readProgramme(io: Io, file: string): GivenText {
  const remedy = '`watchbill docs nominate` shows a whole file; `watchbill nominate init` writes a fresh one';
  return readData(io, file, remedy, 'make one with `watchbill nominate init`, or name it with --programme');
}

/** Any document in YAML or JSON. */
export function readData(io: Io, file: string, remedy: string, missing: string): GivenText {
  const yaml = readYaml(textOf(io, file, missing), file);
  if (yaml.problems.length > 0) throw new Fault('bad-file', 'usage', yaml.problems);
  const whereIs = (path: string, message: string): string => {
    const steps = path === '' ? [] : path.split('.');
    const unknown = /^Unrecognized keys?: "([^"]+)"/.exec(message)?.[1];
    const { line, column } =
      unknown === undefined ? yaml.positionOf(steps) : yaml.keyPositionOf([...steps, unknown]);
    return `${file}:${line}:${column}`;
  };
  return { file, text: JSON.stringify(yaml.value ?? {}), whereIs, remedy };
}

/** Loads modules of a programme's own. */
export async function loadModules(io: Io, files: readonly string[] = []): Promise<readonly LoadedModule[]> {
  const { loadCheck } = await import('../index.ts');
  const loaded: LoadedModule[] = [];
  for (const file of files) {
    const read = await loadCheck(resolve(io.cwd, file));
    if (!read.ok)
      throw usageFault(
        visible(read.why),
        'name a file that exports `check`',
        `flag --module ${visible(file)}`,
      );
    loaded.push(read.module);
  }
  return loaded;
}

/** The text of a file. Throws a usage fault, with the remedy `missing` if there is no such file. */
export function textOf(io: Io, file: string, missing: string): string {
  return readText(resolve(io.cwd, file), { named: file, where: file, missing });
}
