import type { Policy } from '../../rule/index.ts';
import type { ReadinessReport, WatchState } from '../contract.ts';
import type { WatchRecord } from './records.ts';

/** The record of a watch, with the text that a transaction compares. */
export interface HeldWatch {
  readonly record: WatchRecord;
  /** Null if there is no record yet. */
  readonly text: string | null;
}

export const NO_WATCH: WatchRecord = { holder: null, term: '0', relief: null };

/** The active node of each key, as preference: protocol section 5. Safety never rests on it. */
export interface WatchBook {
  state(policy: Policy): WatchState;
  /** The record with its text, on a linearizable read. */
  read(chain: string, key: string): Promise<HeldWatch>;
  report(
    report: ReadinessReport,
    node: string,
    policyOf: (key: string) => Policy | null,
  ): Promise<readonly WatchState[]>;
  /** The original wire protocol has no reports: a question is a sign of life. */
  signOfLife(policy: Policy, node: string): Promise<void>;
  /** Null if the node's last report was fit and is fresh; else the reason, with its number. */
  unfit(policy: Policy, node: string): string | null;
  /** Whether a listed node other than this one is ready. */
  otherReady(policy: Policy, node: string): boolean;
  /** As the mirror shows it. */
  record(policy: Policy): WatchRecord;
  holder(policy: Policy): string | null;
  holderLive(policy: Policy): boolean;
  /** Take the watch if its holder's presence has lapsed and it is this node's turn. True when taken. */
  tryTake(policy: Policy, node: string): Promise<boolean>;
  write(policy: Policy, before: HeldWatch, next: WatchRecord): Promise<boolean>;
  /** Called after this service gave the watch to a node because its holder was absent, or had none. */
  onTaken(listener: Taken): void;
  /** Resolves at the next change of this watch or of a presence for its key, or on abort. */
  changed(chain: string, key: string, signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** `from` is the holder before; null if there was none. */
export type Taken = (policy: Policy, from: string | null, taken: WatchRecord) => void;
