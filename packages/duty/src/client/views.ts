import type { PermitHealth as Health } from '../service/index.ts';

export type { Policy } from '../rule/index.ts';
export type {
  DecisionPage,
  DecisionRecord,
  Drill,
  MarkView,
  RollbackReportView,
  ServiceView,
  StandbyView,
  TokenView,
  UnitsPage,
  UnitView,
  WatchState,
} from '../service/index.ts';

/** Health as the service sends it: the Raft term is decimal text. */
export type PermitHealth = Omit<Health, 'store'> & {
  readonly store: Omit<Health['store'], 'term'> & { readonly term: string | null };
};
