import type { ClaimReply } from '@watchbill/duty/service';

/** A service answered a claim: recorded when the answer leaves the service, whether or not it arrives. */
export interface ReplyEvent {
  readonly kind: 'reply';
  readonly atMs: number;
  readonly service: string;
  readonly node: string;
  readonly reply: ClaimReply;
  /** True if the entry that the reply names was synced on the disk of that service when it left. */
  readonly durable: boolean;
}

/** A node received an answer. */
export interface ToldEvent {
  readonly kind: 'told';
  readonly atMs: number;
  readonly node: string;
  readonly incarnation: string;
  readonly reply: ClaimReply;
}

/** A gate released a signature. */
export interface ReleaseEvent {
  readonly kind: 'release';
  readonly atMs: number;
  readonly node: string;
  readonly incarnation: string;
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly part: string;
  readonly digest: string | null;
}

/** Helps to read a history; no check uses it. */
export interface RemarkEvent {
  readonly kind: 'remark';
  readonly atMs: number;
  readonly text: string;
}

export type HistoryEvent = ReplyEvent | ToldEvent | ReleaseEvent | RemarkEvent;
