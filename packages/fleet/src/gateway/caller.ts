import { BlockList, isIP, isIPv6 } from 'node:net';

/** A caller and its tier. */
export interface Caller {
  /**
   * For quotas, logs and metrics: the name of a key, the subject of a token, or an address. Never a secret.
   */
  readonly id: string;
  readonly tier: string;
  /** Unix milliseconds at which the admission ends; null for never. */
  readonly untilMs: number | null;
  /** SHA-256 of its key; null without one. */
  readonly keyHash: string | null;
}

/** The network that an address is counted with: itself, or the /64 of IPv6, which one customer has whole. */
export function addressBlock(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  // The colon is checked first: the pattern of IPv6 is long, and this runs for every request.
  if (!plain.includes(':') || !isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  const groups = [...first, ...zeros, ...last].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '').toLowerCase()).join(':')}::/64`;
}

/** The proxies of `trustedProxies`: addresses and ranges, for example `127.0.0.1` and `10.0.0.0/16`. */
export function proxyList(trusted: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of trusted) {
    const [address = '', length] = text.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (length === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(length), family);
  }
  return list;
}

/** The address that a request comes from: the last hop that is not a proxy of ours. */
export function originOf(socketAddress: string, forwarded: string | undefined, proxies: BlockList): string {
  if (forwarded === undefined) return socketAddress;
  const hops = [...forwarded.split(',').map((hop) => hop.trim()), socketAddress].filter((hop) => hop !== '');
  for (const hop of hops.toReversed()) if (!isIn(proxies, hop)) return hop;
  return hops[0] ?? socketAddress;
}

/** Also for an address of IPv4 in the form of IPv6, for example `::ffff:127.0.0.1`. */
function isIn(proxies: BlockList, hop: string): boolean {
  const family = isIP(hop);
  return family !== 0 && proxies.check(hop, family === 6 ? 'ipv6' : 'ipv4');
}
