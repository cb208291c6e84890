// Whether the real command takes a command line.

import { buildProgram, systemIo } from 'watchbill';

type Command = ReturnType<typeof buildProgram>;

/** What the parser says against a command line. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

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

/** A word that stands for a value: `NAME`, `0x…`, `<id>`, `$KEY`. */
const PLACEHOLDER = /(?:^| )(?:[A-Z][A-Z_]*|<[^>]*>|\S*…\S*|\S*\$\S*)(?: |$)/;

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
    // A page may show a placeholder in place of a value, for example `--name NAME`.
    if (code === 'usage') return PLACEHOLDER.test(args.join(' ')) ? null : { code, message };
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
