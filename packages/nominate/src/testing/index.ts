export { type JobDesk, jobDesk } from './job-desk.ts';
export { type FilledProgramme, fillProgramme, type ProgrammeSize } from './programme/fill.ts';
export * from './records.ts';
export { sampleSnapshot } from './sample.ts';
export { STORE_CASES } from './storage/cases.ts';
export type { StoreCase, StoreGround } from './storage/ground.ts';
export { type TelemetryDesk, telemetryDesk } from './telemetry-desk.ts';
