import type { Command, Option } from 'commander';
import { type Context, childrenOf } from './context.ts';
import type { Door } from './door.ts';
import { wholeProgram } from './root.ts';

/** Values that only a service knows, for example the keys of its policies. */
export type AskValues = (kind: string, given: ReadonlyMap<string, string>) => Promise<readonly string[]>;

/** The line as far as it is typed. */
interface Line {
  readonly command: Command;
  /** The flag whose value comes next. */
  readonly flag: Option | null;
  readonly given: ReadonlyMap<string, string>;
}

/**
 * The lines for the shell: `WORD<tab>ABOUT`, or `:files` and `:folders` for names of files. `words` follow
 * `watchbill`, and the last one is the beginning of the word to complete.
 */
export async function candidatesOf(
  doors: readonly Door[],
  words: readonly string[],
  context: Context,
  ask: AskValues,
): Promise<readonly string[]> {
  const [first = '', ...rest] = words;
  if (rest.length === 0) {
    const names = doors.map(({ usage, about }) => [usage.split(' ')[0] ?? usage, about] as const);
    return beginning(first, names);
  }
  const door = doors.find(({ usage }) => usage.split(' ')[0] === first);
  if (door === undefined) return [];
  const [command] = wholeProgram([door], context, [await door.load()]).commands;
  if (command === undefined) return [];
  const current = rest.at(-1) ?? '';
  const line = read(command, rest.slice(0, -1));
  const [long, value] = /^(--[^=]+)=(.*)$/s.exec(current)?.slice(1) ?? [];
  if (line.flag !== null) return valuesOf(line.flag, current, '', line, ask);
  if (long === undefined || value === undefined) return wordsOf(line, current);
  const flag = line.command.options.find((option) => option.long === long);
  return flag === undefined ? [] : valuesOf(flag, value, `${long}=`, line, ask);
}

function read(start: Command, words: readonly string[]): Line {
  const given = new Map<string, string>();
  let [command, flag]: [Command, Option | null] = [start, null];
  for (const word of words) {
    if (flag !== null) {
      given.set(flag.attributeName(), word);
      flag = null;
    } else if (word.startsWith('-')) {
      const option = command.options.find(({ long, short }) => long === word || short === word);
      flag = option?.required === true ? option : null;
      if (option !== undefined) given.set(option.attributeName(), '');
    } else command = childrenOf(command).find((child) => child.name() === word) ?? command;
  }
  return { command, flag, given };
}

/** Commands, flags and names of files. */
function wordsOf({ command, given }: Line, current: string): readonly string[] {
  const children = childrenOf(command).map((child) => [child.name(), child.description()] as const);
  const isFile = command.registeredArguments.some((argument) => argument.name() === 'file');
  const wanted = current.startsWith('-') || (children.length === 0 && !isFile);
  const flags = command.options
    .filter((option) => !option.hidden && !given.has(option.attributeName()))
    .map((option) => [option.long ?? '', option.description] as const);
  const found = [...children, ...(wanted ? [...flags, ['--help', 'print help'] as const] : [])];
  return [...beginning(current, found), ...(isFile && !current.startsWith('-') ? [':files'] : [])];
}

async function valuesOf(
  flag: Option,
  current: string,
  prefix: string,
  { given }: Line,
  ask: AskValues,
): Promise<readonly string[]> {
  const kind = (flag as Option & { readonly complete?: string }).complete;
  const asked = flag.argChoices ?? (kind === undefined ? [] : await ask(kind, given).catch(() => []));
  const found = beginning(
    current,
    asked.map((value) => [value, ''] as const),
  ).map((value) => prefix + value);
  const place = /<(file|path|folder)>$/.exec(flag.flags)?.[1];
  return place === undefined ? found : [place === 'folder' ? ':folders' : ':files'];
}

function beginning(current: string, all: readonly (readonly [string, string])[]): readonly string[] {
  return all.filter(([word]) => word.startsWith(current)).map(([word, about]) => `${word}\t${about}`);
}
