export { playRecording, type RecordedNode } from './recorded-node.ts';
export { startTelemetryServer, type TelemetryServer, type TelemetryServerOptions } from './server.ts';
