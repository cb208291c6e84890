import { Command, Help } from 'commander';
import { asksHelp } from './command-line-fault.ts';
import { type Context, withExamples } from './context.ts';
import type { Door, Fill } from './door.ts';
import { OutputFormat } from './output-format.ts';
import { packageVersion } from './version.ts';

/** The tree of commands, for its reference and for tests. */
export type { Command, Option } from 'commander';

/**
 * The parser of one command line. It knows the lines of `--help` for commands of the first level, and loads a
 * command only to run it or to print its help. `--version` and `--help` load none.
 */
export async function programFor(
  doors: readonly Door[],
  args: readonly string[],
  { io, exit }: Context,
): Promise<Command> {
  const program = bareProgram();
  const format = new OutputFormat();
  const context = { io: format.over(io), exit };
  const doorOf = new Map<Command, Door>();
  program.configureHelp({
    subcommandTerm: (command) => doorOf.get(command)?.usage ?? new Help().subcommandTerm(command),
  });
  govern(program, context);
  for (const door of doors) doorOf.set(addDoor(program, door), door);
  const loaded = new Set<Command>();
  const load = async (command: Command): Promise<void> => {
    const door = doorOf.get(command);
    if (door === undefined || loaded.has(command)) return;
    loaded.add(command);
    fill(command, await door.load(), context, format);
  };
  // The words before `--help` and after `help` are compared with the commands before the parser reads them.
  const name = asksHelp(args) ? args[args[0] === 'help' ? 1 : 0] : undefined;
  const asked = program.commands.find((command) => command.name() === name);
  if (asked !== undefined) await load(asked);
  program.hook('preAction', () => format.load());
  return program.hook('preSubcommand', (_program, command) => load(command));
}

/** The whole tree. `fills` are what the doors loaded, in their order. */
export function wholeProgram(doors: readonly Door[], context: Context, fills: readonly Fill[]): Command {
  const program = bareProgram();
  govern(program, context);
  for (const [at, door] of doors.entries()) {
    const found = fills[at];
    if (found !== undefined) fill(addDoor(program, door), found, context, new OutputFormat());
  }
  return program;
}

function bareProgram(): Command {
  const program = new Command('watchbill')
    .description('Run one validator on two machines without signing twice.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .commandsGroup('Help:')
    .showSuggestionAfterError(false);
  return withExamples(program, [
    'watchbill init',
    'watchbill serve',
    'watchbill status',
    'watchbill policy apply --help',
    'watchbill demo',
  ]);
}

function addDoor(program: Command, { usage, about, group }: Door): Command {
  const [name = usage] = usage.split(' ');
  return program.command(name).description(about).helpGroup(`${group}:`);
}

function fill(command: Command, found: Fill, context: Context, format: OutputFormat): void {
  found(command, context);
  govern(command, context, format);
}

/** Errors are thrown, never printed by the parser; text goes through the given outputs. */
function govern(command: Command, context: Context, format?: OutputFormat): void {
  format?.offer(command);
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => context.io.out(text),
    writeErr: (text) => context.io.err(text),
    outputError: () => undefined,
  });
  for (const child of command.commands) govern(child, context, format);
}
