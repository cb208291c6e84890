import type { HistoryEvent, ReplyEvent } from '@watchbill/testkit';

/** A service answered a claim; with when the claim arrived there and what it carried. */
export interface AnswerEvent extends ReplyEvent {
  readonly arrivedMs: number;
  /** Counts the starts of the service. */
  readonly life: number;
  /** What the claim said that its node was told. */
  readonly said: 'word' | 'head' | 'nothing';
  readonly via: 'claims' | 'original' | 'probe';
}

/** A part of the world went back. */
export interface RestoreEvent {
  readonly kind: 'restore';
  readonly atMs: number;
  readonly store: boolean;
  readonly text: string;
}

/** The ledger got a new epoch. */
export interface EpochEvent {
  readonly kind: 'epoch';
  readonly atMs: number;
}

/** An operator did something, or tried to. */
export interface OperatorEvent {
  readonly kind: 'operator';
  readonly atMs: number;
  readonly startedMs: number;
  readonly act: 'policy' | 'adopt' | 'release' | 'vouch' | 'remove';
  readonly text: string;
  readonly error: string | null;
  /** Chain and key, where the act is about one. */
  readonly key: string | null;
  /** The floor of each duty that an adoption named. */
  readonly floors: Readonly<Record<string, string | null>>;
  /** The nodes that a policy lists. */
  readonly roster: readonly string[] | null;
}

/** What the marks of the store held at one moment, by `chain/key/duty`. */
export interface MarksEvent {
  readonly kind: 'marks';
  /** When the reading began. */
  readonly startedMs: number;
  readonly atMs: number;
  readonly marks: ReadonlyMap<string, SeenMark>;
}

export interface SeenMark {
  readonly seq: bigint;
  readonly floor: string | null;
  readonly units: ReadonlySet<string>;
}

/** A service came to another state. */
export interface StateEvent {
  readonly kind: 'state';
  readonly atMs: number;
  readonly service: string;
  readonly state: string;
  readonly detail: string;
}

export type SimEvent =
  | Exclude<HistoryEvent, ReplyEvent>
  | AnswerEvent
  | RestoreEvent
  | EpochEvent
  | OperatorEvent
  | MarksEvent
  | StateEvent;

export interface SimHistory {
  add(event: SimEvent): void;
  events(): readonly SimEvent[];
}

export function createSimHistory(): SimHistory {
  const events: SimEvent[] = [];
  return { add: (event) => void events.push(event), events: () => events };
}
