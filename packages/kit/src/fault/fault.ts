/**
 * The kind of a failure. `usage`: an input is wrong, so it did not begin. `denied`: a rule refuses it.
 * `unknown`: a fact that it needs is not known. `unreachable`: a place does not answer. `fault`: something
 * failed. `stopped`: only a person may let it go on. The command ends with the status of the same name: 2, 3,
 * 4, 5, 1 or 7.
 */
export type FaultKind = 'usage' | 'denied' | 'unknown' | 'unreachable' | 'fault' | 'stopped';

/** One problem. */
export interface Problem {
  readonly what: string;
  /** A file with line and column, a flag, an address, a place or a plan; null if the problem has no place. */
  readonly where: string | null;
  readonly remedy: string;
}

/** The error for people: all problems at once. `code` is stable; the text is for people. */
export class Fault<Code extends string = string> extends Error {
  override readonly name: string = 'Fault';
  readonly code: Code;
  readonly kind: FaultKind;
  readonly problems: readonly Problem[];
  constructor(code: Code, kind: FaultKind, problems: readonly Problem[], cause?: unknown) {
    super(problems.map(({ what }) => what).join('; '), cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = kind;
    this.problems = problems;
  }
}

/** The fault of one package: a code from its list, and a single problem without a place. */
export class PackageFault<Code extends string = string> extends Fault<Code> {
  readonly remedy: string;
  constructor(code: Code, message: string, remedy: string, cause?: unknown, kind: FaultKind = 'fault') {
    super(code, kind, [{ what: message, where: null, remedy }], cause);
    this.remedy = remedy;
  }
}

/** A fault with a single problem. */
export function fault(
  code: string,
  kind: FaultKind,
  problem: { readonly what: string; readonly where?: string | undefined; readonly remedy: string },
  cause?: unknown,
): Fault {
  const { what, where, remedy } = problem;
  return new Fault(code, kind, [{ what, where: where ?? null, remedy }], cause);
}

/** The command line, a file or the configuration is wrong, and the work did not begin. */
export function usageFault(what: string, remedy: string, where?: string): Fault {
  return fault('usage', 'usage', { what, remedy, where });
}
