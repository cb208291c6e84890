import type { z } from 'zod';
import type { Evidence } from '../facts/fact.ts';
import { type Problem, problemsOf } from '../snapshot/codec.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

export type Outcome = 'pass' | 'fail' | 'unknown';

/** The result of a check for a candidate, for its operator. */
export interface CheckResult {
  readonly outcome: Outcome;
  /** The finding as one sentence, without the name. */
  readonly message: string;
  /** The remedy for the operator; null if there is none. */
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
  /** Its name in the Thousand Validators backend; null if the backend did not have it. */
  readonly formerly: string | null;
  /** When it passes, fails or is unknown, for the documentation. */
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

/** Makes a check from its definition: its schema parses the parameters before it runs. */
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

/** An unknown result: the evidence has the reason, or `message` if no fact is involved. */
export function notKnown(message: string, ...evidence: readonly Evidence[]): CheckResult {
  return { outcome: 'unknown', message, remedy: null, evidence };
}
