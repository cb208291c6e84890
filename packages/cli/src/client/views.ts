import type { PermitHealth as Health } from '@watchbill/permit';

export type { Policy } from '@watchbill/duty';
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
} from '@watchbill/permit';

/** Health as the service sends it: the Raft term is decimal text. */
export type PermitHealth = Omit<Health, 'store'> & {
  readonly store: Omit<Health['store'], 'term'> & { readonly term: string | null };
};
