// Command lines of `watchbill` in pages, and whether the real command takes them.

import { buildProgram, systemIo } from '../../packages/watchbill/src/index.ts';
import { type ShellCommand, shellCommands } from './shell.ts';

type Command = ReturnType<typeof buildProgram>;

/** What the parser says against a command line. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Programs that start another one, which stands in their arguments. */
const STARTERS = new Set(['node', 'npx', 'sudo', 'nohup', 'exec', 'kubectl', 'ssh', 'timeout', 'runuser']);
const SELF = /(?:^|\/)watchbill(?:\.mjs)?$/;

/**
 * A block between fences: its language, its text without the indentation of a list, and the line of the page
 * on which the text begins, from 1.
 */
interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```$/gm)].map(
    ({ index, 1: indent = '', 2: language = '', 3: text = '' }) => ({
      language,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      line: page.slice(0, index).split('\n').length + 1,
    }),
  );
}

/**
 * Every shell command of the blocks of a page: all of `sh`, what units start, and elsewhere what stands after
 * `$ `.
 */
export function blockCommands(page: string): readonly ShellCommand[] {
  return blocksOf(page).flatMap(({ language, text, line }) => {
    if (language === 'sh') return shellCommands(text, line);
    const prompt =
      { ini: /^Exec\w+=(.*)$/, '': /^(?:\$ )?(watchbill .*?)(?: {2}.*)?$/ }[language] ?? /^\$ (.*)$/;
    return shellCommands(promptedOnly(text, prompt), line);
  });
}

/** The commands at a prompt with the lines on which they go on; the other lines become empty. */
function promptedOnly(text: string, prompt: RegExp): string {
  let goesOn = false;
  const kept = text.split('\n').map((line) => {
    const taken = prompt.exec(line)?.[1] ?? (goesOn ? line : '');
    goesOn = taken.endsWith('\\');
    return taken;
  });
  return kept.join('\n');
}

/** What a shell command gives to `watchbill`, or null where it is another program's. */
export function argumentsOf({ words }: ShellCommand): readonly string[] | null {
  const at = words.findIndex((word) => SELF.test(word));
  if (at < 0 || (at > 0 && !STARTERS.has(words[0] ?? ''))) return null;
  return words.slice(at + 1);
}

/** What sentences of a page have between backticks. */
function inlineCode(page: string): readonly { readonly line: number; readonly code: string }[] {
  const prose = page.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ''));
  return prose
    .split('\n')
    .flatMap((text, at) =>
      [...text.matchAll(/`([^`]+)`/g)].map(({ 1: code = '' }) => ({ line: at + 1, code })),
    );
}

/** Commands named in the sentences of a page, as `watchbill …` or by the words after it. */
export function mentions(
  page: string,
): readonly { readonly line: number; readonly args: readonly string[] }[] {
  return inlineCode(page).flatMap(({ line, code }) => {
    const words = shellCommands(code.replace(/ ?(?:\[options\]|<[\w-]+>)/g, ''))[0]?.words ?? [];
    const args = words[0] === 'watchbill' ? words.slice(1) : GROUPS.has(words[0] ?? '') ? words : [];
    return args.length === 0 ? [] : [{ line, args }];
  });
}

/** Flags named in the sentences of a page, alone or with a command. */
export function proseFlags(page: string): readonly { readonly line: number; readonly flag: string }[] {
  return inlineCode(page).flatMap(({ line, code }) =>
    [...code.matchAll(/(?<=^|[ |])--[a-z][\w.-]*/g)].map(([flag]) => ({ line, flag })),
  );
}

/** First words of commands that are named without `watchbill` before them. */
const GROUPS = new Set(['fleet', 'nominate', 'coordinate']);

/** Raised where the parser is done, before anything is carried out. */
class Parsed extends Error {}

function freshProgram(): Command {
  const program = buildProgram({
    io: { ...systemIo(), out: () => undefined, err: () => undefined },
    exit: () => undefined,
  });
  return program.hook('preAction', () => {
    throw new Parsed();
  });
}

/** What the parser of the real command says against a command line, or null. Nothing is carried out. */
export function refusal(args: readonly string[]): Promise<Refusal | null> {
  // What stands in a variable, or is left out, may be all that seems to be missing.
  return args.some((word) => /^\$\w+$|^…$/.test(word)) ? refusalOfMention(args) : parse(args);
}

/** Many pages name the same commands. */
const parsed = new Map<string, Promise<Refusal | null>>();

function parse(args: readonly string[]): Promise<Refusal | null> {
  const key = JSON.stringify(args);
  const answer = parsed.get(key) ?? parseFresh(args);
  parsed.set(key, answer);
  return answer;
}

async function parseFresh(args: readonly string[]): Promise<Refusal | null> {
  try {
    await freshProgram().parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof Parsed) return null;
    const { code, exitCode, message } = error as Error & {
      readonly code?: unknown;
      readonly exitCode?: number;
    };
    if (typeof code !== 'string' || !code.startsWith('commander.')) throw error;
    return exitCode === 0 ? null : { code, message };
  }
  throw new Error(`nothing would run for: watchbill ${args.join(' ')}`);
}

/** A sentence may leave out arguments, and give a group the option of one of its commands. */
const LEFT_OUT = new Set([
  'commander.help',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
]);

/** The same for words of a sentence, which need not be whole. */
export async function refusalOfMention(args: readonly string[]): Promise<Refusal | null> {
  const found = await parse(args.filter((word) => word !== '…'));
  if (found === null || LEFT_OUT.has(found.code)) return null;
  if (found.code !== 'commander.unknownOption') return found;
  const group = groupOf(args);
  const known = (word: string) => !word.startsWith('-') || optionsBelow(group).has(word);
  return args.every(known) ? null : found;
}

function groupOf(args: readonly string[]): Command {
  let command = freshProgram();
  for (const word of args) {
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) break;
    command = next;
  }
  return command;
}

/** Every option, short and long, of a command and of those below it. */
export function optionsBelow(command: Command = freshProgram()): ReadonlySet<string> {
  const own = command.options.flatMap(({ short, long }) => [short ?? '', long ?? '']);
  return new Set([...own, '-h', '--help', ...command.commands.flatMap((child) => [...optionsBelow(child)])]);
}
