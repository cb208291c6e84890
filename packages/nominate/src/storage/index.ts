export { openProgrammeStore, type StoreSetting } from './open.ts';
export {
  type EraPointsRow,
  type EraTotal,
  JOB_STATES,
  type JobRow,
  type JobState,
  type NoticeRow,
  type PageOf,
  type PageRequest,
  type PayoutRow,
  type ProgrammeStore,
  type RetentionBounds,
  type RoundRow,
  type ScorePoint,
  SEVERITIES,
  type Severity,
  type Standing,
  type StandingFilter,
  type StandingsOf,
  StorageFault,
  type StorageFaultCode,
} from './port.ts';
export type { PostgresLimits } from './postgres.ts';
