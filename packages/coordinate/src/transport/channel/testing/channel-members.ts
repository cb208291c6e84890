import { ethereumAddress, keyFromSecret } from '@watchbill/chain/keys';
import type { TransportRefusal } from '../../port.ts';
import { type Channel, openChannel } from '../channel.ts';

/** One operator on a channel, with all that it heard and refused. */
export interface Operator {
  readonly channel: Channel;
  readonly heard: readonly { readonly seat: number; readonly type: string; readonly payload: Uint8Array }[];
  readonly refused: readonly string[];
}

export interface OperatorOptions {
  /** The channel; that of the group if left out. */
  readonly name?: string;
  /** Addresses of the others, by seat. */
  readonly addresses?: Readonly<Record<number, string>>;
  /** The secrets of the operators that this one takes for the group. */
  readonly secrets?: readonly Uint8Array[];
}

/** The private keys 1, 2, 3 and 4. */
export const SECRETS: readonly Uint8Array[] = [1, 2, 3, 4].map(secretOf);
export const CHANNEL = 'tbtc-04aa-coordination';

export function secretOf(last: number): Uint8Array {
  const secret = new Uint8Array(32);
  secret[31] = last;
  return secret;
}

/** Runs with operators on loopback, opened by seat, and closes them all. */
export async function withOperators(
  run: (open: (seat: number, options?: OperatorOptions) => Promise<Operator>) => Promise<void>,
): Promise<void> {
  const opened: Channel[] = [];
  try {
    await run(async (seat, { addresses = {}, name = CHANNEL, secrets = SECRETS } = {}) => {
      const heard: Operator['heard'][number][] = [];
      const refused: string[] = [];
      const members = secrets.map((secret, place) => ({
        seat: place,
        operator: ethereumAddress(keyFromSecret('secp256k1', secret).publicKey),
        addresses: addresses[place] === undefined ? [] : [addresses[place]],
      }));
      const channel = await openChannel({
        name,
        group: { seat, members },
        secret: secrets[seat] ?? new Uint8Array(32),
        listen: ['/ip4/127.0.0.1/tcp/0'],
        limits: { redial: { firstMs: 20, lastMs: 200 }, closeMs: 2_000 },
        events: {
          arrived: ({ frame, seat: author }) => void heard.push({ seat: author, ...frame }),
          refused: (reason: TransportRefusal, author) => void refused.push(`${reason} ${author}`),
        },
      });
      opened.push(channel);
      return { channel, heard, refused };
    });
  } finally {
    await Promise.all(opened.map((channel) => channel.close()));
  }
}
