import { EXIT, type ExitCode } from './exit.ts';

/** One thing that is wrong: what, where (file with line and column, flag, address) and what to do. */
export interface Problem {
  readonly what: string;
  readonly where: string | null;
  readonly remedy: string;
}

/** The one error of the command: everything that is wrong, at once, and the exit status it ends with. */
export class CliFault extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly problems: readonly Problem[];
  constructor(code: string, exitCode: ExitCode, problems: readonly Problem[], cause?: unknown) {
    super(problems.map((problem) => problem.what).join('; '), cause === undefined ? undefined : { cause });
    this.name = 'CliFault';
    this.code = code;
    this.exitCode = exitCode;
    this.problems = problems;
  }
}

/** A fault of a single thing. */
export function fault(
  code: string,
  exitCode: ExitCode,
  problem: { readonly what: string; readonly where?: string | undefined; readonly remedy: string },
  cause?: unknown,
): CliFault {
  const { what, where, remedy } = problem;
  return new CliFault(code, exitCode, [{ what, where: where ?? null, remedy }], cause);
}

/** A mistake of the command line, a file or the configuration: nothing was done. */
export function usageFault(what: string, remedy: string, where?: string): CliFault {
  return fault('usage', EXIT.usage, { what, remedy, where });
}

/** Text for people: `error:`, where, and what to do, for each problem. */
export function renderFault(error: CliFault): string {
  // A mistake of the command line or a file is plain from its text; the others have a code to look up.
  const code = error.exitCode === EXIT.usage ? '' : `  code:       ${error.code}\n`;
  return error.problems.map((problem) => renderProblem(problem, code)).join('');
}

function renderProblem({ what, where, remedy }: Problem, code: string): string {
  const place = where === null ? '' : `  where:      ${where}\n`;
  return `error: ${what}\n${place}${code}  what to do: ${remedy}\n`;
}

/** The same for programs. */
export function faultJson(error: CliFault): unknown {
  return { error: { code: error.code, exitCode: error.exitCode, problems: error.problems } };
}
