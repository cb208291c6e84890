import { NodeFault } from '@watchbill/chain';
import { Fault, fault, type Problem } from '@watchbill/kit';

/** The problem with its code, for the log. An unexpected error is a defect, and is thrown again. */
export function problemOf(error: unknown): Problem & { readonly code: string } {
  if (error instanceof NodeFault)
    return { code: `node-${error.code}`, what: error.message, where: null, remedy: error.remedy };
  if (error instanceof Fault && error.problems[0] !== undefined)
    return { code: error.code, ...error.problems[0] };
  throw error;
}

/** The same as the error of a command. */
export function nodeFault(error: unknown): unknown {
  if (!(error instanceof NodeFault)) return error;
  const { code, what, remedy } = problemOf(error);
  return fault(code, 'fault', { what, remedy }, error);
}
