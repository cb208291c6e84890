import type { Problem } from '../snapshot/codec.ts';

/** An input that could not be used: its name, and the problems in it. */
export interface Refused {
  readonly ok: false;
  readonly document: 'candidates' | 'snapshot' | 'programme' | 'round' | 'change' | 'request';
  readonly problems: readonly Problem[];
}

/** The result of an operation, or the reason for its refusal. Operations have no partial effect. */
export type Outcome<Result> = { readonly ok: true; readonly result: Result } | Refused;

export function done<Result>(result: Result): Outcome<Result> {
  return { ok: true, result };
}

export function refused(document: Refused['document'], problems: readonly Problem[]): Refused {
  return { ok: false, document, problems };
}

export function refusedBecause(document: Refused['document'], message: string): Refused {
  return refused(document, [{ path: '', message }]);
}
