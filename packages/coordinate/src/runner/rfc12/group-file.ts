import { checksumAddress } from '@watchbill/chain/keys';
import { z } from 'zod';
import type { EraSchedule } from '../../rfc12/eras.ts';
import { ERA_2023_11, ERA_2023_12, ERA_2024_04, ERA_2026, MAINNET_ERAS } from '../../rfc12/eras.ts';
import { groupProblem, type Rfc12Group, uniqueOperators } from '../../rfc12/operators.ts';
import { walletKeyHash } from '../../rfc12/seed.ts';
import { PRACTICE_SCALES, type Rfc12Times, rfc12Times } from '../../rfc12/windows.ts';
import { channelName } from '../../transport/channel/channel-name.ts';
import type { GroupFileProblem } from '../group-file/read.ts';

/** The first line of a group file of rfc12. */
export const RFC12_GROUP_FORMAT = 'watchbill/rfc12-group/1';

const ERAS = [ERA_2023_11, ERA_2023_12, ERA_2024_04, ERA_2026];

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, {
  error: 'expected an Ethereum address, 0x and 40 hexadecimal digits, as the chain writes it',
});

/** The operators of one wallet. The same file for all of them. */
export const rfc12GroupSchema = z.strictObject({
  format: z.literal(RFC12_GROUP_FORMAT),
  name: z.string().min(1).max(63).describe('The name of this group in logs and records.'),
  genesis: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/, { error: 'expected 0x and 64 hexadecimal digits in lower case' })
    .describe('Hash of block 0 of the chain whose blocks are the clock.'),
  wallet: z
    .string()
    .regex(/^0x([0-9a-fA-F]{2})+$/, { error: 'expected 0x and the public key in hex' })
    .describe(
      'Public key of the wallet, 33 or 65 bytes. The name of the channel and the seed follow from it.',
    ),
  operators: z
    .array(address)
    .describe(
      'The operator of each seat, in order, with the checksum of EIP-55. Their order as text decides who leads.',
    ),
  addresses: z
    .record(address, z.array(z.string()))
    .default({})
    .describe('Multiaddrs at which operators listen. An operator without any only dials.'),
  practiceScale: z
    .int()
    .refine((scale) => PRACTICE_SCALES.includes(scale), {
      error: `expected one of ${PRACTICE_SCALES.join(', ')}`,
    })
    .default(1)
    .describe('Divides every count of blocks, for a practice chain. 1: the blocks of RFC 12.'),
  era: z
    .enum(['mainnet', ...ERAS.map(({ name }) => name)])
    .default('mainnet')
    .describe("Rules of the checklist; `mainnet` takes those of Ethereum's mainnet by height."),
});

export type Rfc12GroupDocument = z.infer<typeof rfc12GroupSchema>;

/** A group of rfc12, as read from its file. */
export interface Rfc12GroupFile {
  readonly name: string;
  /** 32 bytes. */
  readonly genesis: Uint8Array;
  readonly group: Rfc12Group;
  /** Each operator once, sorted as text; the transport knows them by their place here. */
  readonly operators: readonly string[];
  /** By the same place. */
  readonly addresses: readonly (readonly string[])[];
  readonly channel: string;
  readonly times: Rfc12Times;
  readonly eras: EraSchedule;
}

export type Rfc12GroupRead =
  | { readonly ok: true; readonly file: Rfc12GroupFile }
  | { readonly ok: false; readonly problems: readonly GroupFileProblem[] };

/** The group of a well-formed document, or all problems with it. */
export function readRfc12Group(document: Rfc12GroupDocument): Rfc12GroupRead {
  const problems: GroupFileProblem[] = [];
  const wallet = keyOf(document.wallet, problems);
  document.operators.forEach((operator, place) => {
    const right = checksumAddress(operator);
    if (right === operator) return;
    const what = `the operator of seat ${place + 1}, ${operator}, has a wrong checksum`;
    const remedy = `check the address; with its checksum it is ${right}. The case of its letters affects who leads`;
    problems.push({ path: ['operators', place], what, remedy });
  });
  const operators = uniqueOperators(document.operators);
  for (const known of Object.keys(document.addresses)) {
    if (operators.includes(known)) continue;
    const what = `${known} has an address, but is not the operator of a seat`;
    problems.push({ path: ['addresses', known], what, remedy: 'correct or remove the line' });
  }
  if (wallet === null || problems.length > 0) return { ok: false, problems };
  const group = { keyHash: walletKeyHash(wallet.key), operators: document.operators };
  const wrong = groupProblem(group);
  if (wrong !== null)
    return {
      ok: false,
      problems: [{ path: ['operators'], what: wrong, remedy: 'list the operator of each seat' }],
    };
  const era = ERAS.find(({ name }) => name === document.era);
  const file: Rfc12GroupFile = {
    name: document.name,
    genesis: bytesOf(document.genesis),
    group,
    operators,
    addresses: operators.map((operator) => document.addresses[operator] ?? []),
    channel: wallet.channel,
    times: rfc12Times(document.practiceScale),
    eras: era === undefined ? MAINNET_ERAS : [{ fromBlock: 0n, era }],
  };
  return { ok: true, file };
}

function keyOf(
  text: string,
  problems: GroupFileProblem[],
): { readonly key: Uint8Array; readonly channel: string } | null {
  const key = bytesOf(text);
  try {
    return { key, channel: channelName(key) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const remedy = 'copy the key of the wallet from the registry of its chain';
    problems.push({ path: ['wallet'], what: `wallet: ${error.message}`, remedy });
    return null;
  }
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
}
