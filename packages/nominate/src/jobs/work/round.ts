import { counted, digestOfText } from '@watchbill/kit';
import type { NominationDeadline } from '../../chain/index.ts';
import { shownTime } from '../../checks/show.ts';
import { noteEvent, noteState } from '../../notify/notices.ts';
import { dueOf } from '../../rounds/due.ts';
import { oldHeads } from '../../rounds/heads.ts';
import { encodeProgramme, type Programme } from '../../rounds/programme.ts';
import type { RoundRecord } from '../../rounds/record.ts';
import type { SnapshotHead } from '../../snapshot/snapshot.ts';
import { admitIntent, makeIntent, sinceEraOf } from '../../transactions/index.ts';
import type { Job, JobContext, JobEvent } from '../job.ts';
import { readNote, writeNote } from '../notes.ts';
import { deadlineFor, electionsOf } from './deadline.ts';
import { chillLeft } from './still-backs.ts';

const MINUTE_MS = 60_000;
/** How often a nominator with a failed transaction gets another round in the same era. */
const MOST_ROUNDS_PER_ERA = 4;
/** More than one nominator has in one era. */
const MOST_ENDED = 100;

/** Decides a round if a nominator is due, and passes it to the transactions. */
export const roundJob: Job = {
  name: 'round',
  everyMs: 5 * MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
  after: ['standings'],
  run: async (context) => {
    const decided = await decideRound(context);
    // A nominator that the round nominates with has a transaction by now.
    return [decided, ...(await chillLeft(context))].join(', ');
  },
};

async function decideRound(context: JobContext): Promise<string> {
  const { store, settings, clock, world, signal } = context;
  await finishAdmission(context);
  const newest = await store.snapshots.newest();
  if (newest === null) return 'there is no snapshot yet';
  if ((await readNote(store, 'round of')) === newest.digest) return 'no snapshot since the last time';
  const head = await world.desk.head(newest.digest, signal);
  if (head === null) return 'the newest snapshot cannot be read';
  const old = await tellOfOldHeads(context, head);
  if (old !== null) return `waits: ${old}`;
  const waiting = await whyNotNow(context, head);
  if (waiting !== null) return waiting;
  const programme = encodeProgramme(settings.programme);
  const plan = await world.desk.plan(newest.digest, programme, signal);
  signal.throwIfAborted();
  await writeNote(store, 'round of', newest.digest);
  if (!plan.ok) return `no round: ${plan.why}`;
  await store.rounds.addDecided({ snapshot: newest.digest, programme, record: plan.record });
  const id = digestOfText(plan.record);
  const record = JSON.parse(plan.record) as RoundRecord;
  const { nominatedCount, era } = record;
  context.tell(decided(record, id));
  const admitted = await admit(context, head, record, id);
  await noteEvent(store, clock.nowMs(), {
    key: `round ${id.slice(0, 12)}`,
    severity: 'info',
    text: `round ${id.slice(0, 12)} of era ${era}: ${counted(nominatedCount, 'candidate is', 'candidates are')} nominated; ${admitted}`,
  });
  return `round ${id.slice(0, 12)}: ${counted(nominatedCount, 'candidate')}; ${admitted}`;
}

function decided({ candidates, era, nominators }: RoundRecord, id: string): JobEvent {
  const names = new Map(candidates.map(({ stashKey, name }) => [stashKey, name]));
  const lists = nominators.map(({ name, targets, state }) => {
    const targetNames = targets.map((key) => names.get(key) ?? key);
    return `${name}: ${targets.length === 0 ? state : targetNames.join(', ')}`;
  });
  return {
    event: 'round',
    text: `round ${id.slice(0, 12)} of era ${era} decided: ${lists.join('; ')}`,
    facts: { round: id, era },
  };
}

/** If a process stopped between storing a round and passing it on, the rest is passed on now. */
async function finishAdmission(context: JobContext): Promise<void> {
  const { store, world, signal } = context;
  const last = await store.rounds.newest();
  const calendar = await readNote(store, 'calendar');
  if (last === null || calendar === null || calendar.active !== last.era) return;
  const stored = await store.rounds.get(last.id);
  if (stored === null) return;
  const record = JSON.parse(stored.record) as RoundRecord;
  const head = await world.desk.head(record.snapshot, signal);
  if (head !== null) await admit(context, head, record, last.id);
}

/** Hours after a block was finalised, its era may be over and its facts may have changed. */
async function tellOfOldHeads(
  { store, settings, clock }: JobContext,
  snapshot: SnapshotHead,
): Promise<string | null> {
  const { oldestHeadMs } = settings;
  const old = oldHeads(snapshot, clock.nowMs(), oldestHeadMs);
  const text = `no round is made and no transaction is signed: ${old}, at most ${shownTime(oldestHeadMs ?? 0)} are allowed. Check whether the endpoints of that role under \`chains\` follow their chain, and name more of them; for a chain whose clock is not that of the world write \`oldestHeadSeconds: null\` there`;
  await noteState(store, clock.nowMs(), { key: 'old-heads', severity: 'critical', text }, old !== null);
  return old;
}

async function whyNotNow({ store, settings }: JobContext, snapshot: SnapshotHead): Promise<string | null> {
  const { eras } = snapshot;
  if (!eras.active.known) return `no round: the active era is not known: ${eras.active.reason}`;
  const era = eras.active.value;
  const rounds = (await store.rounds.list({ limit: MOST_ROUNDS_PER_ERA, after: null })).rows;
  const own = rounds.filter((round) => round.era === era);
  if (own.length === 0) return null;
  if (own.length >= MOST_ROUNDS_PER_ERA) return `era ${era} has had ${counted(own.length, 'round')}`;
  const failed = (await store.intents.list({ open: false, limit: 100 })).filter(
    // A nomination that a person cancelled stays cancelled for the era.
    ({ era: of, state, reason }) =>
      of === era && ['failed', 'cancelled'].includes(state) && reason !== 'operator',
  );
  // The newest is the first. Failed nominations of the others were repeated in a later round.
  if (failed.some(({ round }) => round === own[0]?.id)) return null;
  const served = await servedBy(store, own);
  const left = dueNominators(snapshot, settings.programme).filter((key) => !served.has(key));
  return left.length > 0 ? null : `era ${era} has had its round`;
}

/**
 * Nominators that had their turn: they nominate, or had no targets left. A nominator that was not due, or
 * whose state was unknown, still has its turn.
 */
async function servedBy(
  store: JobContext['store'],
  rounds: readonly { readonly id: string }[],
): Promise<ReadonlySet<string>> {
  const served = new Set<string>();
  for (const { id } of rounds) {
    const stored = await store.rounds.get(id);
    if (stored === null) continue;
    const { nominators } = JSON.parse(stored.record) as RoundRecord;
    for (const { stashKey, state } of nominators)
      if (state === 'nominates' || state === 'nobody-left') served.add(stashKey);
  }
  return served;
}

/** The nominators that a round of this snapshot would serve. */
function dueNominators(snapshot: SnapshotHead, programme: Programme): readonly string[] {
  return programme.nominators.flatMap(({ stashKey }) => {
    const record = snapshot.nominators.find((one) => one.stashKey === stashKey);
    return dueOf(snapshot, record, programme, false).state === 'due' ? [stashKey] : [];
  });
}

async function admit(
  context: JobContext,
  { sources, nominators: before }: SnapshotHead,
  { era, nominators }: RoundRecord,
  round: string,
): Promise<string> {
  const { store, world, settings, signal } = context;
  if (world.transactions === null) return 'no transaction is sent: this is a dry run';
  const fromHeight = sources.staking?.block?.number;
  if (fromHeight === undefined) return 'no transaction is sent: the block of the snapshot is unknown';
  const elections = await electionsOf(context);
  if (elections === null) return 'no transaction is sent: the calendar of elections is unknown';
  const notes: string[] = [];
  for (const { stashKey, name, targets } of nominators) {
    const nominator = settings.nominators.find((one) => one.stashKey === stashKey);
    if (nominator === undefined || targets.length === 0) continue;
    if (await wasCalledOff(context, stashKey, era)) {
      notes.push(`${name} was called off for era ${era}`);
      continue;
    }
    const until = await deadlineFor(context, elections, nominator, signal);
    await tellOfDeadline(context, name, stashKey, until);
    if (typeof until === 'string') {
      notes.push(`${name} waits: ${until}`);
      continue;
    }
    const { real, signer, way } = nominator;
    const who = { nominator: stashKey, real, signer, way, call: 'nominate' } as const;
    const parts = { ...who, era, round, targets, fromHeight };
    const sinceEra = sinceEraOf(before.find((one) => one.stashKey === stashKey)?.submittedIn);
    const reach = { deadlineRelay: until.nominateBefore, forEra: until.era };
    const intent = makeIntent({ ...parts, ...reach, sinceEra });
    const added = await admitIntent(store.intents, settings.machineRules, intent);
    notes.push(`${name} ${added.ok ? `nominates for era ${until.era}` : added.code}`);
  }
  return notes.join(', ') || 'no nominator nominates';
}

/** Rounds continue while transactions are not sent, so a notice must report it. */
async function tellOfDeadline(
  { store, clock }: JobContext,
  name: string,
  stashKey: string,
  until: NominationDeadline | string,
): Promise<void> {
  const text = `no nomination can be sent for ${name}: ${until}. Shorten the delay of its proxy`;
  const told = { key: `no deadline ${stashKey}`, severity: 'critical', text } as const;
  await noteState(store, clock.nowMs(), told, typeof until === 'string');
}

/** A cancelled nomination stays cancelled for the era, even if another nominator starts a new round. */
async function wasCalledOff({ store }: JobContext, nominator: string, era: number): Promise<boolean> {
  const ended = await store.intents.list({ open: false, nominator, limit: MOST_ENDED });
  return ended.some((row) => row.era === era && row.reason === 'operator');
}
