export type { FeedCounts } from './client/feed-reader.ts';
export { DEFAULT_LIMITS, type FeedLimits } from './client/limits.ts';
export { type Telemetry, type TelemetrySettings, watchTelemetry } from './client/watch.ts';
export * from './feed/actions.ts';
export { type DecodedFrame, decodeFrame, FRAME_LIMITS, type FrameRefusal } from './feed/frame.ts';
export type { Flag } from './tracker/flags.ts';
export { type TrackerMemory, trackerMemoryShape } from './tracker/memory.ts';
export { DEFAULT_RULES, type TrackerRules, type Watched } from './tracker/rules.ts';
export {
  openTracker,
  type SourceReport,
  type TelemetryReport,
  type Tracker,
  type TrackerEvent,
  type TrackerSettings,
} from './tracker/tracker.ts';
