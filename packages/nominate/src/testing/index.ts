export { type JobDesk, jobDesk } from './job-harness.ts';
export { type FilledProgramme, fillProgramme, type ProgrammeSize } from './programme/fill.ts';
export * from './records.ts';
export { sampleSnapshot } from './sample.ts';
export { STORE_CASES } from './storage/cases.ts';
export type { StoreCase, StoreGround } from './storage/storage-fixture.ts';
export { type TelemetryDesk, telemetryDesk } from './telemetry-harness.ts';
