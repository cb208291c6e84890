import { createHash } from 'node:crypto';
import { type EraSchedule, seatsOf, walletKeyHash } from '@watchbill/coordinate';
import type { Wallet } from './bridge.ts';

/** So many of the 100 seats can sign for a wallet. */
export const THRESHOLD = 51;

/** The operators, with their share of the 100 seats. */
const SEATS = { alice: 25, bob: 20, carol: 20, dave: 15, erin: 12, frank: 8 } as const;

export type OperatorName = keyof typeof SEATS;

export const OPERATORS = Object.keys(SEATS) as readonly OperatorName[];

/** As mainnet's era of 2026, with a heartbeat in every other window, so that a short run shows some. */
export const ERAS: EraSchedule = [
  {
    fromBlock: 0n,
    era: {
      name: 'example',
      cadence: [
        { action: 'redemption', everyWindows: 1n },
        { action: 'deposit-sweep', everyWindows: 1n },
        { action: 'moved-funds-sweep', everyWindows: 1n },
        { action: 'moving-funds', everyWindows: 4n },
      ],
      heartbeatProbability: 0.5,
    },
  },
];

/** The address under which groups know an operator. */
export function addressOf(name: OperatorName): string {
  return `0x${digest(`operator ${name}`).subarray(0, 20).toString('hex')}`;
}

export function nameOf(address: string): string {
  return OPERATORS.find((name) => addressOf(name) === address) ?? address;
}

/** A wallet of all operators, dealt its seats in a separate order. */
export function walletNamed(name: string): Wallet {
  const holders = OPERATORS.flatMap((operator) =>
    new Array<string>(SEATS[operator]).fill(addressOf(operator)),
  );
  const order = holders.map((operator, at) => ({ operator, lot: digest(`${name}/${at}`).toString('hex') }));
  order.sort((a, b) => (a.lot < b.lot ? -1 : 1));
  const publicKey = Buffer.concat([Buffer.from([2]), digest(`key of ${name}`)]);
  const keyHash = walletKeyHash(publicKey);
  const group = { keyHash, operators: order.map(({ operator }) => operator) };
  return { id: Buffer.from(keyHash).toString('hex'), name, group };
}

/** The seats of these operators in a wallet, ascending. */
export function seatsOfAll({ group }: Wallet, names: readonly OperatorName[]): readonly number[] {
  return names.flatMap((name) => seatsOf(group, addressOf(name))).sort((a, b) => a - b);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
