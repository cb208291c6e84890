/** Where a member listens. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const HOST_PORT = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[A-Za-z0-9._-]+)):(?<port>[0-9]{1,5})$/;

/** `host:port` or `[v6]:port`, or null. */
export function hostPortFrom(text: string): HostPort | null {
  const groups = HOST_PORT.exec(text)?.groups;
  const host = groups?.v6 ?? groups?.host;
  const port = Number(groups?.port);
  return host === undefined || !(port <= 65_535) ? null : { host, port };
}

/** The text of an address. */
export function hostPortText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Where to dial: `host:port`, or a whole `ws://` or `wss://` address where a proxy stands in front. Throws a RangeError for other texts.
 */
export function webSocketUrl(address: string): string {
  if (/^wss?:\/\//.test(address) && URL.canParse(address)) return address;
  const parsed = hostPortFrom(address);
  if (parsed === null) throw new RangeError(`"${address}" is no address; write host:port`);
  return `ws://${hostPortText(parsed)}`;
}
