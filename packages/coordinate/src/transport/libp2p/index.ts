export {
  type Libp2pSettings,
  type Libp2pTransport,
  openLibp2p as openLibp2pTransport,
  topicOf,
} from './transport.ts';
