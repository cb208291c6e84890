import type { RoundRecord } from '../../rounds/record.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import { type Intent, makeIntent } from '../../transactions/intent.ts';
import type { Note } from '../../transactions/machine/effects.ts';
import { type IntentState, shownState } from '../../transactions/state.ts';
import { hashOf, keyOf } from '../records.ts';

const HEIGHT = 9_000_120n;
const SIGNER = keyOf(4_000_000);

type Named = Readonly<Record<'finalised' | 'announced' | 'failed' | 'planned' | 'held', string>>;

type Step = readonly [to: Note['to'], reason: Note['reason']];

/** The states that an intent went through, and the content of the last one. */
interface Story {
  readonly steps: readonly Step[];
  readonly change: Partial<IntentState>;
}

const FINALISED: Story = {
  steps: [
    ['submitted', 'signed'],
    ['in-block', 'in-block'],
    ['finalised', 'landed'],
  ],
  change: {
    stage: 'ended',
    ending: { result: 'finalised', reason: 'verified', detail: 'the nominator has the targets' },
  },
};
const ANNOUNCED: Story = {
  steps: [
    ['submitted', 'signed'],
    ['announced', 'announced'],
  ],
  change: {
    stage: 'announced',
    announcement: { call: '0x0705', callHash: hashOf(77), relayHeight: 28_000_100n },
    waiting: 'the delay of the proxy ends at relay block 28010800',
  },
};
const FAILED: Story = {
  steps: [
    ['submitted', 'signed'],
    ['failed', 'ended'],
  ],
  change: { stage: 'ended', ending: { result: 'failed', reason: 'inner-failed', detail: 'Proxy.NotProxy' } },
};
const HELD: Story = {
  steps: [['planned', 'held']],
  change: {
    held: 'the signer did not answer in 5 tries',
    tries: { count: 5, notBefore: HEIGHT, why: 'the signer did not answer' },
  },
};

/** One intent in each of five states, for the nominators of the newest round and an older one. */
export async function fillIntents(store: ProgrammeStore, record: RoundRecord, round: string): Promise<Named> {
  const [first, second, third, fourth] = record.nominators.map(({ stashKey, targets }) => ({
    stashKey,
    targets,
  }));
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    throw new Error('there are four nominators');
  const make = (nominator: { stashKey: string; targets: readonly string[] }, change: Partial<Intent> = {}) =>
    makeIntent({
      nominator: nominator.stashKey,
      real: nominator.stashKey,
      signer: SIGNER,
      way: 'proxy',
      call: 'nominate',
      era: record.era,
      round,
      targets: nominator.targets.length > 0 ? nominator.targets : [keyOf(1)],
      fromHeight: 9_000_000n,
      deadlineRelay: 28_010_000n,
      sinceEra: null,
      forEra: record.era + 1,
      ...change,
    });
  const finalised = make(first);
  await carry(store, finalised, FINALISED);
  const announced = make(second);
  await carry(store, announced, ANNOUNCED);
  const failed = make(third, { era: record.era - 1, round: 'an older round' });
  await carry(store, failed, FAILED);
  const planned = make(third);
  await store.intents.add(planned);
  const held = make(fourth, { way: 'direct', signer: fourth.stashKey });
  await carry(store, held, HELD);
  return {
    finalised: finalised.id,
    announced: announced.id,
    failed: failed.id,
    planned: planned.id,
    held: held.id,
  };
}

async function carry(store: ProgrammeStore, intent: Intent, { steps, change }: Story): Promise<void> {
  const added = await store.intents.add(intent);
  if (!added.ok) throw new Error(`an intent was not added: ${added.code}`);
  const stored = await store.intents.load(intent.id);
  if (stored === null) throw new Error('an intent that was added is there');
  const notes = steps.map(
    ([to, reason], at): Note => ({
      from: at === 0 ? 'planned' : (steps[at - 1]?.[0] ?? 'planned'),
      to,
      height: HEIGHT + BigInt(at),
      reason,
      detail: 'as invented',
      extrinsic: hashOf(500 + at),
      block: to === 'finalised' ? hashOf(900) : null,
    }),
  );
  const state = { ...stored.state, ...change };
  const saved = await store.intents.save({ revision: stored.revision, state, notes, closed: [] });
  if (!saved.ok || shownState(state) === 'signing') throw new Error('an intent was not saved');
}
