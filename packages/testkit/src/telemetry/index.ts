export { playRecording } from './recorded-node.ts';
export { startTelemetryServer, type TelemetryServer, type TelemetryServerOptions } from './server.ts';
