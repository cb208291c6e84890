import { type Fault, fault, type PackageFault, type Problem } from '../index.ts';
import { EXIT } from './exit.ts';

/** The fault of a package with the part in its code and a place. For example `local-in-use` in a folder. */
export function faultOf(part: string, error: PackageFault, where?: string): Fault {
  const { code, kind, message: what, remedy } = error;
  return fault(`${part}-${code}`, kind, { what, where, remedy }, error);
}

/** Text for people: `error:`, where, and what to do, for each problem. */
export function renderFault(error: Fault): string {
  // A mistake of the command line or a file is plain from its text; the others have a code to look up.
  const code = error.kind === 'usage' ? '' : `  code:       ${error.code}\n`;
  return error.problems.map((problem) => renderProblem(problem, code)).join('');
}

function renderProblem({ what, where, remedy }: Problem, code: string): string {
  const place = where === null ? '' : `  where:      ${where}\n`;
  return `error: ${what}\n${place}${code}  what to do: ${remedy}\n`;
}

/** The same for programs. */
export function faultJson({ code, kind, problems }: Fault): unknown {
  return { error: { code, exitCode: EXIT[kind], problems } };
}
