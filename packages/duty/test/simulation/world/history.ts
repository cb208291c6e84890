import type { HistoryEvent, ReplyEvent } from '@watchbill/testkit/sim';
import type { Terms } from './truth.ts';

/** A service answered a claim; with when the claim arrived there and what it carried. */
export interface AnswerEvent extends ReplyEvent {
  readonly arrivedMs: number;
  /** Id of the service, which a service with a new disk changes. */
  readonly serviceId: string;
  /** Counts the starts of the service. */
  readonly life: number;
  /** What the claim said that its node was told. */
  readonly said: 'word' | 'nothing';
  readonly via: 'claims' | 'original' | 'probe';
  /** What it carried of the ledger. */
  readonly word: CarriedWord | null;
  /** The terms of each policy of the key that was in force between arrival and answer. */
  readonly terms: readonly Terms[];
}

/** What a claim said that its node was told. */
export interface CarriedWord {
  /** Of the entry that the word is about. */
  readonly hash: string;
  /** The store did not explain the entry, neither when the claim arrived nor when it was answered. */
  readonly isLost: boolean;
  /** The ledger never wrote this word. */
  readonly isForged: boolean;
  /** The service lists an open report about the entry after its answer. */
  readonly isReported: boolean;
}

/** A transaction wrote a mark. Units and floors as text. */
export interface WriteEvent {
  readonly kind: 'write';
  readonly atMs: number;
  /** `chain/key/duty`. */
  readonly mark: string;
  readonly key: string;
  readonly duty: string;
  readonly act: 'adopt' | 'grant';
  readonly seq: bigint;
  readonly hash: string;
  /** The entry that this one names as the one before it. */
  readonly prev: string;
  /** The last entry of the mark just before; null if there was none. */
  readonly before: string | null;
  readonly floor: string | null;
  /** The highest unit of the mark, now. */
  readonly top: string | null;
  readonly unit: string | null;
  /** The mark did not hold the unit before. */
  readonly isNewUnit: boolean;
  readonly parts: readonly string[];
  readonly digest: string | null;
  readonly node: string | null;
  readonly incarnation: string | null;
  readonly term: string | null;
  /** Id of the service that wrote it. */
  readonly service: string;
  readonly epoch: string;
  /** Other records as they were when it applied. */
  readonly store: Terms & {
    /** The service had a session record. */
    readonly session: boolean;
    readonly holder: string | null;
    readonly term: string;
    readonly epoch: string;
  };
}

/** A service wrote the record of a new session; `service` is its id. */
export interface SessionEvent {
  readonly kind: 'session';
  readonly atMs: number;
  readonly service: string;
}

/** A rollback report was written into the store. */
export interface RecordEvent {
  readonly kind: 'record';
  readonly atMs: number;
  readonly key: string;
  readonly text: string;
}

/** A service told another one what it remembers: the hash of its newest entry of each mark. */
export interface AskedEvent {
  readonly kind: 'asked';
  readonly atMs: number;
  /** Id of the service that answered. */
  readonly service: string;
  /** Highest number by mark. */
  readonly remembers: ReadonlyMap<string, bigint>;
}

/** A service met two entries with one number in its own ledger; `service` is its id. */
export interface ForkEvent {
  readonly kind: 'fork';
  readonly atMs: number;
  readonly service: string;
  readonly mark: string;
}

/** The clock of a service stepped; `service` is its id, null before its first start. */
export interface ClockEvent {
  readonly kind: 'clock';
  readonly atMs: number;
  readonly service: string | null;
  readonly byMs: number;
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
  readonly act: 'policy' | 'adopt' | 'freeze' | 'release' | 'vouch' | 'remove';
  readonly text: string;
  readonly error: string | null;
  /** Chain and key, where the act is about one. */
  readonly key: string | null;
  /** The floor of each duty that an adoption named. */
  readonly floors: Readonly<Record<string, string | null>>;
  /** The entry of the word that an operator answered for. */
  readonly released: string | null;
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
  | StateEvent
  | WriteEvent
  | SessionEvent
  | RecordEvent
  | AskedEvent
  | ForkEvent
  | ClockEvent;

export interface SimHistory {
  add(event: SimEvent): void;
  events(): readonly SimEvent[];
}

export function createSimHistory(): SimHistory {
  const events: SimEvent[] = [];
  return { add: (event) => void events.push(event), events: () => events };
}
