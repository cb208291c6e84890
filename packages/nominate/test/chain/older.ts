import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOfHex, hexOf, storageKey } from '@watchbill/chain';
import { writeAddress } from '@watchbill/chain/address';
import { accountOfText, addressOfAccount, type Json, jsonMember } from '@watchbill/chain/extrinsics';
import { sealKeyFile } from '@watchbill/chain/keys';
import { POLKADOT_RANK_RULES, WEIGHTS_FAIR } from '@watchbill/nominate';
import { type ChopsticksChain, nextSession } from '@watchbill/testkit/chopsticks';
import { type Harness, makeHarness } from '../service/programme-process.ts';
import { type Account, ALICE, type Call, UNIT } from './accounts.ts';
import { stored } from './eras.ts';
import { tried } from './programme.ts';

const NETWORK = 'westend-2024';
const PREFIX = 42;
const NOMINATOR = 'the nominator';
/** A key file that takes no time to open. */
const QUICK = { n: 2 ** 10, r: 8, p: 1 };

export const sudo = (type: string, call: object): Call => [
  'Sudo',
  'sudo',
  { call: { type, value: call } } as never,
];

export interface OlderProgramme {
  readonly chain: ChopsticksChain;
  readonly nominator: Account;
  /** Public keys of the candidates by name, in the order of the list. */
  readonly candidates: Readonly<Record<string, string>>;
  readonly minimumUnits: bigint;
  readonly mostPerbill: number;
}

/**
 * The folder of a programme that runs on one chain in all roles, signs with a key file, and looks every
 * second.
 */
export async function olderHarness(programme: OlderProgramme): Promise<Harness> {
  const harness = await makeHarness({ isEmpty: true });
  const file = (name: string, content: unknown, mode = 0o600) =>
    writeFileSync(
      join(harness.dir, name),
      typeof content === 'string' ? content : JSON.stringify(content, null, 2),
      { mode },
    );
  const { chain, nominator, candidates } = programme;
  file('programme.yaml', rulesOf(programme));
  file('candidates.json', {
    candidates: Object.entries(candidates).map(([name, publicKey], index) => ({
      slotId: index + 1,
      name,
      stash: writeAddress({ prefix: PREFIX, publicKey }),
      riotHandle: `@${name}:example.org`,
      kyc: false,
    })),
  });
  const secret = {
    scheme: 'sr25519',
    account: nominator.key,
    secret: Uint8Array.from(nominator.secret),
  } as const;
  file('nominator.key', sealKeyFile(secret, 'a passphrase of a test', QUICK));
  file('passphrase', 'a passphrase of a test\n');
  file('nominate.yaml', {
    version: 1,
    purpose: 'development',
    programme: 'programme.yaml',
    candidates: { source: 'candidates.json' },
    network: { prefix: PREFIX, decimals: 12, symbol: 'WND' },
    // Its time begins with that of its genesis.
    chains: { staking: [chain.url], oldestHeadSeconds: null },
    send: true,
    signers: { [NOMINATOR]: { keyFile: 'nominator.key', passphraseFile: 'passphrase' } },
    listen: { port: 0 },
    jobs: { everySeconds: OFTEN, atOnce: 2 },
    // Every unclaimed page opens a notice.
    payoutWarningEras: 100,
  });
  return harness;
}

/** Often enough that little is waited for but the chain, which must have time for blocks too. */
const OFTEN = {
  snapshot: 2,
  history: 1,
  standings: 1,
  round: 1,
  transactions: 1,
  outcomes: 1,
  payouts: 1,
  watch: 1,
};

function rulesOf({ nominator, minimumUnits, mostPerbill }: OlderProgramme) {
  const hold = (id: string, parameters: object = {}) => ({ id, whenUnknown: 'hold', parameters });
  return {
    version: 1,
    name: 'a programme on a relay of 2024',
    network: NETWORK,
    checks: {
      version: NETWORK,
      about: 'what the relay says',
      checks: [
        hold('validate-intention'),
        hold('maximum-commission', { perbill: mostPerbill }),
        hold('self-stake', { minimum: String(minimumUnits * UNIT) }),
        hold('blocked'),
      ],
    },
    profile: 'fair',
    weights: WEIGHTS_FAIR,
    // A period is an era: one event for each.
    rank: POLKADOT_RANK_RULES,
    nominators: [{ name: NOMINATOR, stashKey: nominator.key }],
    round: { everyEras: 1, count: 'stake', mostTargets: 2 },
  };
}

const MOST_SESSIONS = 12;

/** Sessions end, and sudo has the election held on chain, until the era is active. */
export async function untilOlderEra(chain: ChopsticksChain, era: number): Promise<void> {
  for (let session = 0; session < MOST_SESSIONS; session += 1) {
    if ((await eraOf(chain)) >= era) return;
    await nextSession(chain);
    // The call is refused until an election has failed, as all do here, because no miner sends solutions.
    await tried(chain, ALICE, [
      sudo('ElectionProviderMultiPhase', {
        type: 'governance_fallback',
        value: { maybe_max_voters: null, maybe_max_targets: null },
      }),
    ]);
  }
  throw new Error(`era ${era} did not begin in ${MOST_SESSIONS} sessions`);
}

/**
 * Without metadata, which takes longer to read than a block takes to make: the index of the era comes first.
 */
async function eraOf({ node }: ChopsticksChain): Promise<number> {
  const value = await node.call<string | null>('state_getStorage', [storageKey('Staking', 'ActiveEra')]);
  return value === null ? -1 : Buffer.from(value.slice(2), 'hex').readUInt32LE();
}

/**
 * Points of an era, by public key. No validator makes blocks here, so the points are written; the runtime
 * computes the rest at the end of the era.
 */
export async function writePoints(
  chain: ChopsticksChain,
  era: number,
  points: Readonly<Record<string, number>>,
): Promise<void> {
  const individual = Object.fromEntries(
    Object.entries(points).map(([key, count]) => [
      addressOfAccount(bytesOfHex(key, 'a stash'), PREFIX),
      count,
    ]),
  );
  const total = Object.values(points).reduce((sum, count) => sum + count, 0);
  await chain.setStorage({ Staking: { ErasRewardPoints: [[[era], { total, individual }]] } });
}

export interface Rewarded {
  readonly stash: string;
  readonly amount: bigint;
}

/** The payments that the newest block reports, read without the code under test. */
export async function rewardsOf(chain: ChopsticksChain): Promise<readonly Rewarded[]> {
  const events = await stored(chain, 'System', 'Events');
  return (Array.isArray(events) ? events : []).flatMap((record: Json) => {
    const event = jsonMember(record, 'event');
    const inner = jsonMember(event, 'value');
    if (jsonMember(event, 'type') !== 'Staking' || jsonMember(inner, 'type') !== 'Rewarded') return [];
    const value = jsonMember(inner, 'value');
    const stash = hexOf(accountOfText(String(jsonMember(value, 'stash'))) ?? new Uint8Array());
    return [{ stash, amount: BigInt(String(jsonMember(value, 'amount'))) }];
  });
}
