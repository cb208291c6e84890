/** How members reach each other. */
export type TransportKind = 'web-socket' | 'libp2p';

const HOST_PORT = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;
const MULTIADDR = /^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/\s]+\/tcp\/(\d{1,5})(?:\/\S*)?$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const MOST_PORT = 65_535;

/** What an address of a transport is, to be written in its place. */
export const ADDRESS_RULE: Readonly<Record<TransportKind, string>> = {
  'web-socket': 'write host:port, such as 127.0.0.1:7400',
  libp2p: 'write a multiaddr such as /ip4/127.0.0.1/tcp/7400',
};

/** What a name of a member is: it stands in a line between spaces, and in records. */
export const NAME_RULE =
  'use letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit';

/** Whether a member of that transport can listen there. */
export function isListenAddress(kind: TransportKind, address: string): boolean {
  const port = (kind === 'libp2p' ? MULTIADDR : HOST_PORT).exec(address)?.[1];
  return port !== undefined && Number(port) <= MOST_PORT;
}

/** Whether a member of either transport can be dialled there; a whole address of a proxy is one too. */
export function isDialAddress(address: string): boolean {
  if (/^wss?:\/\//.test(address)) return URL.canParse(address);
  return isListenAddress('web-socket', address) || isListenAddress('libp2p', address);
}

export function isMemberName(name: string): boolean {
  return NAME.test(name);
}

/** Whether it is the address of a node's RPC. */
export function isNodeUrl(url: string): boolean {
  return URL.canParse(url) && ['ws:', 'wss:', 'http:', 'https:'].includes(new URL(url).protocol);
}
