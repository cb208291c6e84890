import type { z } from 'zod';
import type { Evidence } from '../facts/fact.ts';
import { type Problem, problemsOf } from '../snapshot/codec.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

export type Outcome = 'pass' | 'fail' | 'unknown';

/** What a check says of a candidate, for the operator to read. */
export interface CheckResult {
  readonly outcome: Outcome;
  /** What was found, as one sentence without the name. */
  readonly message: string;
  /** What the operator can do; null where nothing is to be done. */
  readonly remedy: string | null;
  readonly evidence: readonly Evidence[];
}

export interface CheckInput {
  readonly snapshot: Snapshot;
  readonly record: CandidateRecord;
}

export type RunCheck = (input: CheckInput) => CheckResult;

export type Preparation =
  | { readonly ok: true; readonly run: RunCheck; readonly parameters: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A check as the rules know it. */
export interface Check {
  readonly id: string;
  /** Its name in the Thousand Validators backend; null for those that it did not have. */
  readonly formerly: string | null;
  /** What passes, what fails, when it is unknown: for the documentation. */
  readonly about: string;
  /** Its parameters with their defaults. */
  readonly parameters: z.ZodType;
  /** Binds the parameters of the rules; an empty object gives the defaults. */
  prepare(parameters: unknown): Preparation;
}

export interface CheckDefinition<Shape extends z.ZodType> {
  readonly id: string;
  readonly formerly: string | null;
  readonly about: string;
  readonly parameters: Shape;
  run(input: CheckInput, parameters: z.output<Shape>): CheckResult;
}

/** Makes a check of its definition: parameters are read by their schema before anything runs. */
export function defineCheck<Shape extends z.ZodType>(definition: CheckDefinition<Shape>): Check {
  const { id, formerly, about, parameters, run } = definition;
  return {
    id,
    formerly,
    about,
    parameters,
    prepare: (given) => {
      const read = parameters.safeParse(given);
      if (!read.success) return { ok: false, problems: problemsOf(read.error) };
      return { ok: true, run: (input) => run(input, read.data), parameters: read.data };
    },
  };
}

export function pass(message: string, ...evidence: readonly Evidence[]): CheckResult {
  return { outcome: 'pass', message, remedy: null, evidence };
}

export function fail(message: string, remedy: string, ...evidence: readonly Evidence[]): CheckResult {
  return { outcome: 'fail', message, remedy, evidence };
}

/** Not known: the reason is in the evidence, or in `message` where no fact is concerned. */
export function notKnown(message: string, ...evidence: readonly Evidence[]): CheckResult {
  return { outcome: 'unknown', message, remedy: null, evidence };
}
