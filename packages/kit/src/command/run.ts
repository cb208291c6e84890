import type { Command, CommanderError } from 'commander';
import { Fault, fault, shown, systemFault } from '../index.ts';
import { commandLineFault, helpFault } from './command-line-fault.ts';
import type { Door } from './door.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { faultJson, renderFault } from './fault-text.ts';
import type { Io } from './io.ts';
import { programFor } from './root.ts';

/** Runs one command line (without the executable and script) and answers the exit status. Never throws. */
export async function runCommandLine(
  doors: readonly Door[],
  args: readonly string[],
  io: Io,
  /** May add to the text of a fault. */
  completed: (text: string) => Promise<string> = async (text) => text,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  let program: Command | null = null;
  try {
    program = await programFor(doors, args, { io, exit: (code) => (exitCode = code) });
    const misspelt = helpFault(program, args);
    if (misspelt !== null) throw misspelt;
    // The parser's own `help fleet plan` prints the help of `fleet`.
    const line = args[0] === 'help' ? [...args.slice(1), '--help'] : [...args];
    await program.parseAsync(line, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (isOfParser(error) && error.exitCode === 0) return EXIT.ok;
    const known =
      isOfParser(error) && program !== null ? commandLineFault(error, program, args) : asFault(error);
    const text = wantsJson(args) ? `${JSON.stringify(faultJson(known))}\n` : renderFault(known);
    io.err(await completed(text));
    return EXIT[known.kind];
  } finally {
    shown.inFull = false;
  }
}

/** Whether the line asks for JSON, or for YAML, which JSON is. */
function wantsJson(args: readonly string[]): boolean {
  return /\0(--json|(-o\0?|--output[\0=])(json|yaml))\0/.test(`\0${args.join('\0')}\0`);
}

/** Told by its shape: an add-on brings its copy of the parser, and of the class `Fault`. */
function isOfParser(error: unknown): error is CommanderError {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('commander.');
}

function isFault(error: unknown): error is Fault {
  if (error instanceof Fault) return true;
  const { kind, problems } = error as { kind?: unknown; problems?: unknown };
  return error instanceof Error && Object.hasOwn(EXIT, String(kind)) && Array.isArray(problems);
}

/** An error of the system as a sentence. Any other error is a defect, and the text reports it as one. */
function asFault(error: unknown): Fault {
  if (isFault(error)) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const what = typeof message === 'string' && message !== '' ? message : String(error);
  const ofFile = systemFault(error);
  // The command may have done a part of its work, so this is not a plain mistake of the command line.
  if (ofFile !== null)
    return ofFile.kind === 'usage' ? new Fault(ofFile.code, 'fault', ofFile.problems, error) : ofFile;
  return fault(
    typeof code === 'string' ? code.toLowerCase() : 'unexpected',
    'fault',
    { what, remedy: 'if the text does not say it: this is a defect; please report it with the command line' },
    error,
  );
}
