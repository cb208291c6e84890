export { type HostPort, hostPortFrom } from './address.ts';
export {
  openMesh as openWebSocketTransport,
  type WebSocketSettings,
  type WebSocketTransport,
} from './mesh.ts';
