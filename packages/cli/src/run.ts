import { CommanderError } from 'commander';
import { EXIT, type ExitCode } from './exit.ts';
import { CliFault, fault, faultJson, renderFault, usageFault } from './fault.ts';
import type { Io } from './io.ts';
import { buildProgram } from './program.ts';

/** Runs one command line (without the executable and script) and answers the exit status. Never throws. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram({ io, exit: (code) => (exitCode = code) });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, args, io);
  }
}

function report(error: unknown, args: readonly string[], io: Io): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  const known = asFault(error);
  io.err(args.includes('--json') ? `${JSON.stringify(faultJson(known))}\n` : renderFault(known));
  return known.exitCode;
}

function asFault(error: unknown): CliFault {
  if (error instanceof CliFault) return error;
  if (error instanceof CommanderError) return commandLineFault(error);
  return thrownFault(error);
}

function commandLineFault(error: CommanderError): CliFault {
  if (error.code === 'commander.help')
    return usageFault('a command is missing', 'choose one of the commands of `watchbill --help`');
  const what = error.message.replace(/^error: /, '').trim();
  return usageFault(what.replace('\n', ' '), 'see the same command with --help');
}

/** Faults of the inner packages carry `code` and `remedy`; anything else is a defect and says so. */
function thrownFault(error: unknown): CliFault {
  const { code, remedy, message } = error as { code?: unknown; remedy?: unknown; message?: unknown };
  const what = typeof message === 'string' && message !== '' ? message : String(error);
  if (typeof remedy === 'string' && typeof code === 'string')
    return fault(code, EXIT.fault, { what, remedy }, error);
  return fault(
    typeof code === 'string' ? code.toLowerCase() : 'unexpected',
    EXIT.fault,
    { what, remedy: 'if the text does not say it: this is a defect; please report it with the command line' },
    error,
  );
}
