import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** An address as a number. An IPv4 address in IPv6 form (`::ffff:192.0.2.1`) counts as IPv4. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
  /** The canonical spelling, for example `2001:db8::1`. */
  readonly text: string;
}

export const BITS = { 4: 32n, 6: 128n } as const;
const MAPPED = 0xffffn << 32n;

/** Reads an address. Returns null for any other text, and for an address with a zone (`fe80::1%eth0`). */
export function readIp(text: string): IpAddress | null {
  // The strict parser accepts one spelling only.
  if (isIPv4(text)) return { family: 4, value: valueOf4(text), text };
  if (!isIPv6(text) || text.includes('%')) return null;
  const spelt = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const value = valueOf6(spelt);
  return value >> 32n === MAPPED >> 32n ? fourOf(value & 0xffff_ffffn) : { family: 6, value, text: spelt };
}

function fourOf(value: bigint): IpAddress {
  const parts = [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn);
  return { family: 4, value, text: parts.join('.') };
}

function valueOf4(text: string): bigint {
  return BigInt(text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0));
}

/** As in URLs: groups of hex digits, with one run of zeros left out. */
function valueOf6(spelt: string): bigint {
  const [head = '', tail] = spelt.split('::');
  const groups = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** Special ranges from the IANA registries. Their addresses have no location. */
const SPECIAL: readonly (readonly [kind: string, networks: readonly string[]])[] = [
  ['of this machine (loopback)', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
  ['shared behind a carrier', ['100.64.0.0/10']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['a group (multicast)', ['224.0.0.0/4', 'ff00::/8']],
  ['reserved', ['0.0.0.0/8', '192.0.0.0/24', '198.18.0.0/15', '240.0.0.0/4', '::/128', '64:ff9b:1::/48']],
];

const SPECIAL_LISTS = SPECIAL.map(([kind, networks]) => {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return { kind, list };
});

/**
 * The kind of an address that is not globally reachable, for example `private`; null for a global address.
 */
export function specialKind({ text, family }: IpAddress): string | null {
  return SPECIAL_LISTS.find(({ list }) => list.check(text, family === 4 ? 'ipv4' : 'ipv6'))?.kind ?? null;
}

const LONGEST_NAME = 253;
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/** Whether a text is a full DNS name: several labels, of which the last is not a number. */
export function isDnsName(text: string): boolean {
  if (text.length > LONGEST_NAME) return false;
  const labels = text.split('.');
  return (
    labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/^[0-9]+$/.test(labels.at(-1) ?? '')
  );
}

/** Whether a text may name a node's address: an IP address without a port, or a DNS name. */
export function isNodeAddress(text: string): boolean {
  return readIp(text) !== null || isDnsName(text);
}
