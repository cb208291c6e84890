export { readQrPng } from '../transactions/signers/testing/read-qr.ts';
export { type JobHarness, jobHarness } from './job-harness.ts';
export { type FilledProgramme, fillProgramme, type ProgrammeSize } from './programme/fill.ts';
export * from './records.ts';
export { sampleElection, sampleSnapshot } from './sample.ts';
export { STORE_CASES } from './storage/cases.ts';
export type { StoreCase } from './storage/storage-fixture.ts';
export { type TelemetryHarness, telemetryHarness } from './telemetry-harness.ts';
