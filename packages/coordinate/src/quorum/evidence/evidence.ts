import type { Window } from '../../window.ts';
import type { QuorumGroup } from '../group.ts';
import type { Justification, Prepared, Statement, Value, Vote } from '../messages.ts';

/** A statement with its signature; rank and seat stand beside it. */
export interface AnySigned {
  readonly statement: Statement;
  readonly signature: Uint8Array;
}

export interface Signed<Kind extends Statement['kind']> extends AnySigned {
  readonly statement: Extract<Statement, { readonly kind: Kind }>;
}

/** The fields of all evidence. */
export interface EvidenceOrigin {
  readonly groupId: Uint8Array;
  readonly version: number;
  /** The digest of that version, as the culprit had it. */
  readonly scheduleDigest: Uint8Array;
  readonly window: bigint;
  /** The culprit. */
  readonly seat: number;
}

/**
 * A member's signed statement that it heard no proposal. Its hello, which it shares with the others,
 * determines the leader.
 */
export interface Unheard extends Vote {
  readonly prepared: Prepared | null;
  readonly helloSignature: Uint8Array;
}

/** Facts that f + 1 members signed when they refused. */
export interface SharedRefusal {
  readonly code: string;
  readonly facts: Uint8Array;
  /** In order of seat; over the same digest, code and facts. */
  readonly votes: readonly Vote[];
}

export type EvidenceCase =
  /** In order of the statements' digests. */
  | {
      readonly kind: 'equivocation';
      readonly rank: number;
      readonly first: AnySigned;
      readonly second: AnySigned;
    }
  | { readonly kind: 'impersonation'; readonly rank: number; readonly propose: Signed<'propose'> }
  | {
      readonly kind: 'mistake';
      readonly rank: number;
      readonly propose: Signed<'propose'>;
      /** Null in rank 0. */
      readonly justification: Justification | null;
      /** Only if the mistake is in its resource or validity. */
      readonly value: Value | null;
    }
  | {
      readonly kind: 'forgotten-lock';
      readonly rank: number;
      readonly commit: Signed<'commit'>;
      /** The rank that it changed into. */
      readonly laterRank: number;
      readonly rankChange: Signed<'rank-change'>;
    }
  | {
      readonly kind: 'invalid-content';
      readonly rank: number;
      readonly propose: Signed<'propose'>;
      readonly justification: Justification | null;
      readonly value: Value;
      /** Null if the content is refused by itself. */
      readonly refusal: SharedRefusal | null;
    }
  /** The rank is the one without a proposal; the statements are rank-changes into the next one. */
  | {
      readonly kind: 'idleness';
      readonly rank: number;
      readonly hello: Signed<'hello'>['statement'];
      readonly unheard: readonly Unheard[];
    };

/**
 * Signatures of the culprit itself; for idleness, those of other members. Anyone with group and schedule can
 * check it.
 */
export type Evidence = EvidenceOrigin & EvidenceCase;

export type EvidenceKind = Evidence['kind'];

/** The inputs of a judge: only the schedule, and the statements that members signed. */
export interface JudgedCase {
  readonly group: QuorumGroup;
  readonly window: Window;
  readonly value: Value;
  /** The parameters of the action in the agenda. */
  readonly parameters: string;
  /** Null: judge the content by itself. */
  readonly facts: Uint8Array | null;
}

/**
 * Why content cannot be right, as a code, or null. Deterministic: the same case has the same answer
 * everywhere.
 */
export type Judge = (judged: JudgedCase) => string | null;

/** By action. */
export type Judges = ReadonlyMap<string, Judge>;

/** The weight of evidence. */
export type EvidenceVerdict =
  | {
      readonly holds: true;
      /** A seat. */
      readonly culprit: number;
      readonly kind: EvidenceKind;
      /** The window of the fault, which may differ from the present one. */
      readonly window: bigint;
      /** `statement`: f + 1 members say so, which is never enough to punish automatically. */
      readonly weight: 'proof' | 'statement';
      readonly text: string;
    }
  | { readonly holds: false; readonly why: string };
