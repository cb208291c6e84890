import { readStorage, runtimeViews } from '@watchbill/chain/extrinsics';
import { type Account, type Call, fund, signedOn, signingGround, UNIT } from '../accounts.ts';
import { type ChopsticksChain, startChopsticks } from '../chain.ts';
import { type ChopsticksPair, startPair } from '../pair.ts';
import { head, jumpToSessionEnd } from '../session.ts';
import { sessionKeysOf, setKeys } from '../session-keys.ts';
import { type CastCandidate, type CastNominator, castCandidates, castNominators } from './cast.ts';

/** Money of one candidate and of one nominator, in whole units. */
export const CANDIDATE_UNITS = 8_000n;
export const NOMINATOR_UNITS = 60_000n;

/**
 * Relay, Asset Hub and People of 2026, with all candidates and nominators of a programme, standing and
 * bonded.
 */
export interface ProgrammeNetwork {
  readonly pair: ChopsticksPair;
  readonly people: ChopsticksChain;
  readonly candidates: readonly CastCandidate[];
  readonly nominators: readonly CastNominator[];
  /** A block of each chain; with `endsSession` the relay's is the first of the next session. */
  readonly tick: (endsSession?: boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface ProgrammeNetworkOptions {
  /** Relay blocks that the third nominator's proxy has to wait. */
  readonly delay: number;
  /** Ports of staking, relay and identity; 0 for any free port. */
  readonly ports?: readonly [staking: number, relay: number, identity: number];
  /** Called with each step, for progress lines. */
  readonly say: (what: string) => void;
}

/** Starts the chains and sets everything up. If one of its calls fails, it ends everything and rejects. */
export async function startProgrammeNetwork(options: ProgrammeNetworkOptions): Promise<ProgrammeNetwork> {
  const { say, ports: [staking, relay, identity] = [0, 0, 0] } = options;
  say('starting Asset Hub, relay and People');
  const started = await Promise.allSettled([
    startPair({ assetHub: { port: staking }, relay: { port: relay } }),
    startChopsticks('people-2026', { port: identity }),
  ]);
  const [pair, people] = started.map((one) => (one.status === 'fulfilled' ? one.value : null)) as [
    ChopsticksPair | null,
    ChopsticksChain | null,
  ];
  const stop = async (): Promise<void> => {
    await Promise.all([pair?.stop(), people?.stop()]);
  };
  try {
    const failed = started.find((one) => one.status === 'rejected');
    if (pair === null || people === null) throw failed?.reason;
    return await settled({ pair, people, stop }, options);
  } catch (error) {
    await stop();
    throw error;
  }
}

type Chains = Pick<ProgrammeNetwork, 'pair' | 'people' | 'stop'>;

async function settled(chains: Chains, { delay, say }: ProgrammeNetworkOptions): Promise<ProgrammeNetwork> {
  const candidates = castCandidates();
  const nominators = castNominators(delay);
  await giveNames(chains.people, candidates);
  say(`bonding ${candidates.length} candidates and ${nominators.length} nominators`);
  await stand(chains.pair, candidates, nominators);
  return { ...chains, candidates, nominators, tick: ticker(chains) };
}

/** Of the People chain, whose state no longer changes. */
const PEOPLE_EVERY = 8;

function ticker({ pair, people }: Chains): ProgrammeNetwork['tick'] {
  let count = 0;
  return async (endsSession = false) => {
    if (endsSession) await jumpToSessionEnd(pair.relay);
    const isPeople = count % PEOPLE_EVERY === 0;
    count += 1;
    // Each chain's messages are for the other's next block, so both can be made at once.
    await Promise.all([pair.relayBlock(), pair.assetHubBlock(), isPeople ? people.newBlock() : null]);
  };
}

/** Every account has a name that a registrar has judged. */
async function giveNames(people: ChopsticksChain, candidates: readonly CastCandidate[]): Promise<void> {
  const none = { None: null };
  const empty = { legal: none, web: none, matrix: none, email: none, pgpFingerprint: null, image: none };
  const infoOf = (name: string) => ({
    ...empty,
    display: { Raw: `0x${Buffer.from(name).toString('hex')}` },
    ...{ twitter: none, github: none, discord: none },
  });
  const identities = candidates.map(({ name, stash }) => [
    [stash.key],
    { judgements: [[0, 'Reasonable']], deposit: '0', info: infoOf(name) },
  ]);
  const registrar = { account: candidates[0]?.stash.key, fee: '0', fields: 0 };
  await people.setStorage({ Identity: { Registrars: [registrar], IdentityOf: identities } });
  await people.newBlock();
}

/** So many seats that every nominated candidate is elected. */
const SEATS = 8;
/** Blocks of each chain that the messages of twelve candidates need. */
const KEY_BLOCKS = 3;

/**
 * Candidates bond, validate and set their keys, nominators bond and name their proxies; the relay gets the
 * keys.
 */
async function stand(
  pair: ChopsticksPair,
  candidates: readonly CastCandidate[],
  nominators: readonly CastNominator[],
): Promise<void> {
  const { assetHub, assetHubBlock, relayBlock } = pair;
  const signers = nominators.flatMap(({ stash, signer }) => [stash, signer]);
  await fund(assetHub, [...candidates.map(({ stash }) => stash), ...new Set(signers)]);
  await assetHub.setStorage({ Staking: { ValidatorCount: SEATS } });
  const ground = await signingGround(assetHub);
  const extrinsics = (who: Account, calls: readonly Call[]): readonly string[] =>
    calls.map((call, nonce) => signedOn(ground, who, call, { nonce }));
  await assetHubBlock([
    ...candidates.flatMap(({ stash, commissionPerbill }) =>
      extrinsics(stash, [bond(CANDIDATE_UNITS), validate(commissionPerbill), setKeys(sessionKeysOf(stash))]),
    ),
    ...nominators.flatMap(({ stash, signer, delay }) =>
      extrinsics(stash, [bond(NOMINATOR_UNITS), ...(delay === null ? [] : [addProxy(signer, delay)])]),
    ),
  ]);
  for (let block = 0; block < KEY_BLOCKS; block += 1) {
    await relayBlock();
    await assetHubBlock();
  }
  await assertSet(pair, candidates, nominators);
}

/** Every owner of keys on the relay is bonded and validates, so the keys are set last. */
async function assertSet(
  { relay, assetHub }: ChopsticksPair,
  candidates: readonly CastCandidate[],
  nominators: readonly CastNominator[],
): Promise<void> {
  const wanted = [
    ...candidates.map(({ name, stash }) => ({ name, chain: relay, item: ['Session', 'NextKeys'], stash })),
    ...nominators.map(({ name, stash }) => ({ name, chain: assetHub, item: ['Staking', 'Bonded'], stash })),
    ...nominators
      .filter(({ delay }) => delay !== null)
      .map(({ name, stash }) => ({ name, chain: assetHub, item: ['Proxy', 'Proxies'], stash })),
  ];
  for (const { name, chain, item, stash } of wanted) {
    const [pallet = '', entry = ''] = item;
    const block = await head(chain);
    const { metadata } = await views.at(chain.node, block);
    const found = await readStorage(chain.node, metadata, [pallet, entry], [stash.key], block);
    if (found.result !== 'value')
      throw new Error(`${name} has nothing in ${pallet}.${entry} of ${chain.name}`);
  }
}

const views = runtimeViews();

function bond(units: bigint): Call {
  return ['Staking', 'bond', { value: String(units * UNIT), payee: { type: 'Staked' } }];
}

function validate(commission: number): Call {
  return ['Staking', 'validate', { prefs: { commission, blocked: false } }];
}

function addProxy({ key }: Account, delay: number): Call {
  return ['Proxy', 'add_proxy', { delegate: key, proxy_type: { type: 'Staking' }, delay }];
}
