import { NodeFault } from './fault.ts';

const SCHEMES = ['ws:', 'wss:', 'http:', 'https:'];

/**
 * The address of a node's RPC. Addresses of hired nodes often contain a secret path, so only `address` is
 * shown.
 */
export interface NodeAddress {
  readonly href: string;
  /** Scheme and host. */
  readonly address: string;
  readonly webSocket: boolean;
}

/** Throws `bad-url`; its text does not repeat the address, which may contain a secret. */
export function parseNodeUrl(url: string): NodeAddress {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null) throw new NodeFault('bad-url', 'the address of the node is not a URL');
  if (!SCHEMES.includes(parsed.protocol))
    throw new NodeFault('bad-url', `the address of the node begins with ${parsed.protocol}//`);
  if (parsed.username !== '' || parsed.password !== '')
    throw new NodeFault('bad-url', 'the address of the node holds a user or password');
  if (parsed.hash !== '') throw new NodeFault('bad-url', 'the address of the node ends in a #fragment');
  return {
    href: parsed.href,
    address: `${parsed.protocol}//${parsed.host}`,
    webSocket: parsed.protocol.startsWith('ws'),
  };
}
