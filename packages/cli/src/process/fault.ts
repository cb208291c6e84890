import type { Fault, Problem } from '@watchbill/base';
import { EXIT } from './exit.ts';

export { Fault, fault, type Problem, usageFault } from '@watchbill/base';

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
