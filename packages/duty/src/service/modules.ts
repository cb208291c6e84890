import type { SessionBase } from './ground/base.ts';
import type { Batcher } from './ground/batcher.ts';
import type { CoreContext } from './ground/context.ts';
import type { LedgerIdentity } from './ground/genesis.ts';
import type { MarkCache, MarkRef } from './ground/marks.ts';
import type { PolicyBook } from './ground/policies.ts';
import type { TokenBook } from './ground/tokens.ts';
import type { WatchBook } from './ground/watch-book.ts';
import type { ObservationBook } from './observations/observations.ts';
import type { QuietBook } from './observations/quiet.ts';
import type { RollbackReports } from './rollback-reports/rollback-reports.ts';
import type { ServiceBook } from './session/services.ts';
import type { Session } from './session/session.ts';

/** The parts of a running core, wired in `permit.ts`. */
export interface CoreModules {
  readonly context: CoreContext;
  readonly identity: LedgerIdentity;
  readonly session: Session;
  readonly services: ServiceBook;
  readonly policies: PolicyBook;
  readonly marks: MarkCache;
  readonly watches: WatchBook;
  readonly observations: ObservationBook;
  readonly quiet: QuietBook;
  readonly tokens: TokenBook;
  readonly batcher: Batcher;
  /** Keep a mark fresh in the cache while a claim waits for it; returns the way to stop. */
  readonly followMark: (ref: MarkRef) => () => void;
  readonly reports: RollbackReports;
  /** From where the present session counts units as new. */
  readonly base: () => SessionBase;
  /** Marks that this service adopted just now: their floors replace the base. */
  readonly adopted: (marks: readonly string[]) => void;
}
