import { readAddress } from '@watchbill/chain/address';
import { isNodeAddress } from '../address/ip.ts';
import { shown } from '../candidates/finding.ts';
import { readJson } from '../candidates/json-source.ts';

/**
 * Reads the programme's own file of addresses: an object from stash to the address or DNS name of its node.
 * Throws an Error with line and remedy, without an address of a node.
 */
export function readOwnAddresses(text: string, file: string): ReadonlyMap<string, string> {
  const wrong = (line: number, what: string, remedy: string): Error =>
    new Error(`${file} is not a valid file of addresses: line ${line}: ${what}; ${remedy}`);
  const read = readJson(text);
  if (!read.ok) throw wrong(read.line, read.why, 'correct the JSON there');
  const { root } = read;
  if (root.kind !== 'object')
    throw wrong(root.line, 'it is not an object', 'write { "STASH": "ADDRESS OR NAME" }');
  const found = new Map<string, string>();
  for (const { key, line, value } of root.members) {
    const stashKey = /^0x[0-9a-f]{64}$/i.test(key) ? key.toLowerCase() : readAddress(key)?.publicKey;
    if (stashKey === undefined)
      throw wrong(
        line,
        `${shown(key)} is not the address of a stash`,
        'copy the address of the stash account again',
      );
    if (found.has(stashKey)) throw wrong(line, `${shown(key)} occurs twice`, 'remove one of the two');
    const address = value.kind === 'scalar' && typeof value.value === 'string' ? value.value.trim() : '';
    if (!isNodeAddress(address))
      throw wrong(
        line,
        `the address of ${shown(key)} is invalid`,
        'write an IP address or a DNS name in double quotes, without a port',
      );
    found.set(stashKey, address);
  }
  return found;
}
