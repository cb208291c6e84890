export { UNSAFE_METHODS } from '../file/rpc/index.ts';
export type { BackendState } from './backend.ts';
export { type Gateway, type GatewayParts, openGateway } from './gateway.ts';
export { GatewayFault, type GatewayFaultCode } from './gateway-fault.ts';
export { type KeyEntry, keyHash, keysShape, newKey, readKeys } from './keys.ts';
export { GATEWAY_METRICS } from './metrics.ts';
export type { GatewayRoute } from './render/objects.ts';
export {
  type GatewayChoice,
  type RenderedGateway,
  type RenderedGateways,
  renderGateways,
} from './render/render.ts';
export { settingsText } from './render/settings-text.ts';
export { GATEWAY_ERRORS } from './rpc.ts';
export { type GatewaySettings, gatewayShape, type Tier } from './settings.ts';
