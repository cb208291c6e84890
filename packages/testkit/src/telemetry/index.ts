export { ACTION, FEED_VERSION, type FeedAction, feedFrame } from './feed-action.ts';
export { playRecording, type RecordedNode } from './recorded-node.ts';
export type { NodePlace } from './reporting-node.ts';
export {
  startTelemetryServer,
  type TelemetryCounts,
  type TelemetryServer,
  type TelemetryServerOptions,
} from './server.ts';
