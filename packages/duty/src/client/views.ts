export type { Policy } from '../rule/index.ts';
export type {
  DecisionPage,
  DecisionRecord,
  Drill,
  MarkView,
  PermitHealth,
  RollbackReportView,
  ServiceView,
  StandbyView,
  TokenView,
  UnitsPage,
  UnitView,
  WatchState,
} from '../service/index.ts';
