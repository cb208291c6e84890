import { operatorKeyFrom } from '../../keys/operator-key.ts';
import { KEY_SCHEMES, type OperatorKey } from '../../keys/port.ts';
import type { TransportGroup } from '../port.ts';

/**
 * The key of a seat in the checks of conformance: the schemes take turns, the secret is the number of the
 * seat.
 */
export function conformanceKey(seat: number): OperatorKey {
  const scheme = KEY_SCHEMES[seat % KEY_SCHEMES.length] ?? 'ed25519';
  return operatorKeyFrom(scheme, new Uint8Array(32).fill(seat + 1));
}

/** A group as the member at `seat` knows it. */
export function conformanceGroup(
  seat: number,
  options: {
    readonly keys: readonly OperatorKey[];
    readonly groupByte?: number;
    readonly addressesOf?: (seat: number) => readonly string[];
  },
): TransportGroup {
  return {
    groupId: new Uint8Array(32).fill(options.groupByte ?? 1),
    seat,
    members: options.keys.map(({ scheme, publicKey }, index) => ({
      seat: index,
      scheme,
      publicKey,
      addresses: options.addressesOf?.(index) ?? [],
    })),
  };
}
