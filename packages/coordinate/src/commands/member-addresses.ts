const MULTIADDR = /^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/\s]+\/tcp\/(\d{1,5})(?:\/\S*)?$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const MOST_PORT = 65_535;

/** What to write in place of a wrong address of a member. */
export const ADDRESS_RULE = 'write a multiaddr such as /ip4/127.0.0.1/tcp/7400';

/** The rule for names of members: a name is a word in a line with spaces, and in records. */
export const NAME_RULE =
  'use letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit';

/** Whether a member can listen there, and be dialled. */
export function isListenAddress(address: string): boolean {
  const port = MULTIADDR.exec(address)?.[1];
  return port !== undefined && Number(port) <= MOST_PORT;
}

export function isMemberName(name: string): boolean {
  return NAME.test(name);
}

/** Whether it is the address of a node's RPC. */
export function isNodeUrl(url: string): boolean {
  return URL.canParse(url) && ['ws:', 'wss:', 'http:', 'https:'].includes(new URL(url).protocol);
}
