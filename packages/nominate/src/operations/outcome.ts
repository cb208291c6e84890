import type { Problem } from '../snapshot/codec.ts';

/** Something that was given could not be used: which document, and what is wrong with it. */
export interface Refused {
  readonly ok: false;
  readonly document: 'candidates' | 'snapshot' | 'programme' | 'round' | 'change' | 'request';
  readonly problems: readonly Problem[];
}

/** What an operation gives: a result, or why it was refused. Nothing is half done. */
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
