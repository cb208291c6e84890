import type { SessionBase } from './base.ts';
import type { Batcher } from './batcher.ts';
import type { CoreContext } from './context.ts';
import type { LedgerIdentity } from './genesis.ts';
import type { MarkCache, MarkRef } from './marks.ts';
import type { ObservationBook } from './observations/observations.ts';
import type { PolicyBook } from './policies.ts';
import type { RollbackReports } from './rollback-reports/rollback-reports.ts';
import type { ServiceBook } from './services.ts';
import type { Session } from './session/session.ts';
import type { TokenBook } from './tokens.ts';
import type { WatchBook } from './watch/watches.ts';

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
