/**
 * How far an operation came. `usage`: an input is wrong, so it did not begin. `denied`: a rule refuses it.
 * `unknown`: a fact that it needs is not known. `unreachable`: a place does not answer. `fault`: something
 * failed.
 */
export type FaultKind = 'usage' | 'denied' | 'unknown' | 'unreachable' | 'fault';

/** One thing that is wrong. */
export interface FaultProblem {
  readonly what: string;
  /** A file with line and column, a place, a plan or a flag; null if none is to blame. */
  readonly where: string | null;
  readonly remedy: string;
}

/**
 * The one error of the operations: everything that is wrong, at once. `code` is stable; the text is for
 * people.
 */
export class OperationFault extends Error {
  readonly code: string;
  readonly kind: FaultKind;
  readonly problems: readonly FaultProblem[];
  constructor(code: string, kind: FaultKind, problems: readonly FaultProblem[], cause?: unknown) {
    super(problems.map(({ what }) => what).join('; '), cause === undefined ? undefined : { cause });
    this.name = 'OperationFault';
    this.code = code;
    this.kind = kind;
    this.problems = problems;
  }
}

/** A fault of a single thing. */
export function fault(
  code: string,
  kind: FaultKind,
  problem: { readonly what: string; readonly where?: string; readonly remedy: string },
  cause?: unknown,
): OperationFault {
  const { what, where, remedy } = problem;
  return new OperationFault(code, kind, [{ what, where: where ?? null, remedy }], cause);
}

/** An input or a file is wrong, and the operation did not begin. */
export function usageFault(what: string, remedy: string, where: string): OperationFault {
  return fault('usage', 'usage', { what, remedy, where });
}
