import { NodeFault } from '../rpc/fault.ts';

/** The bytes of `0x…`. Throws `malformed`; `what` names the text in errors. */
export function bytesOfHex(text: unknown, what: string): Uint8Array {
  if (typeof text !== 'string' || !/^0x(?:[0-9a-fA-F]{2})*$/.test(text))
    throw new NodeFault('malformed', `${what} is not hex that begins with 0x`);
  return Uint8Array.from(Buffer.from(text.slice(2), 'hex'));
}

/** `0x` and lower-case hex. */
export function hexOf(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
