import type { OperationFault } from '@watchbill/fleet-run/operations';
import { type Command, CommanderError } from 'commander';
import { fileFault } from './output/file-fault.ts';
import { isPlanning } from './process/context.ts';
import { EXIT, type ExitCode } from './process/exit.ts';
import { CliFault, fault, faultJson, renderFault, usageFault } from './process/fault.ts';
import type { Io } from './process/io.ts';
import { programFor } from './root.ts';

/** Runs one command line (without the executable and script) and answers the exit status. Never throws. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = await programFor(args, { io, exit: (code) => (exitCode = code) });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, args, io, program);
  }
}

function report(error: unknown, args: readonly string[], io: Io, program: Command): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  const command = named(program, args);
  const known = asFault(error, command);
  const ended = withStatusOf(command, known);
  io.err(args.includes('--json') ? `${JSON.stringify(faultJson(ended))}\n` : renderFault(known));
  return ended.exitCode;
}

/** A mistake must not look like a change to a script that runs a plan. */
function withStatusOf(command: Command, known: CliFault): CliFault {
  if (known.exitCode !== EXIT.usage || !isPlanning(command)) return known;
  return new CliFault(known.code, EXIT.fault, known.problems, known);
}

/** By its name: the package is loaded by the commands that need it, and not for a line with a mistake. */
function isOperationFault(error: unknown): error is OperationFault {
  return error instanceof Error && error.name === 'OperationFault';
}

/** The command that a line names, as far as it names one. */
function named(program: Command, args: readonly string[]): Command {
  const [first, ...rest] = args;
  const child = program.commands.find((command) => command.name() === first);
  return child === undefined ? program : named(child, rest);
}

/** A command with those above it, as it is typed. */
function typed(command: Command): string {
  return command.parent === null ? command.name() : `${typed(command.parent)} ${command.name()}`;
}

function asFault(error: unknown, command: Command): CliFault {
  if (error instanceof CliFault) return error;
  if (error instanceof CommanderError) return commandLineFault(error, command);
  return thrownFault(error);
}

function commandLineFault(error: CommanderError, command: Command): CliFault {
  if (error.code === 'commander.help')
    return usageFault('a command is missing', `choose one of the commands of \`${typed(command)} --help\``);
  const what = error.message.replace(/^error: /, '').trim();
  return usageFault(what.replace('\n', ' '), 'see the same command with --help');
}

/**
 * Faults of the inner packages carry `code` and `remedy`. Those of operations carry the problems and how far they came.
 * Anything else is a defect, and the text says so.
 */
function thrownFault(error: unknown): CliFault {
  if (isOperationFault(error)) return new CliFault(error.code, EXIT[error.kind], error.problems, error);
  const { code, remedy, message } = error as { code?: unknown; remedy?: unknown; message?: unknown };
  const what = typeof message === 'string' && message !== '' ? message : String(error);
  if (typeof remedy === 'string' && typeof code === 'string')
    return fault(code, EXIT.fault, { what, remedy }, error);
  const ofFile = fileFault(error);
  // Where it was not foreseen, nobody can say that nothing was done.
  if (ofFile !== null) return new CliFault(ofFile.code, EXIT.fault, ofFile.problems, error);
  return fault(
    typeof code === 'string' ? code.toLowerCase() : 'unexpected',
    EXIT.fault,
    { what, remedy: 'if the text does not say it: this is a defect; please report it with the command line' },
    error,
  );
}
