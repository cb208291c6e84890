import { noteState } from '../../notify/notices.ts';
import {
  type BackedTarget,
  backedTargets,
  failedText,
  type JudgedCandidate,
} from '../../rounds/still-backs.ts';
import type { SnapshotHead } from '../../snapshot/snapshot.ts';
import { admitIntent, makeIntent, sinceEraOf } from '../../transactions/index.ts';
import type { JobContext } from '../job.ts';
import { readNote } from '../notes.ts';
import { allStandings } from './all.ts';
import { deadlineFor, electionsOf } from './deadline.ts';

interface Backing {
  readonly head: SnapshotHead;
  readonly nominators: readonly {
    readonly record: SnapshotHead['nominators'][number];
    readonly targets: readonly BackedTarget[];
  }[];
}

/** The targets on chain of each nominator, by the newest standings; null before there are some. */
async function backingOf({ store, world, settings, signal }: JobContext): Promise<Backing | null> {
  const of = await store.standings.of();
  const head = of === null ? null : await world.desk.head(of.snapshot, signal);
  if (head === null) return null;
  const list = (await readNote(store, 'candidates'))?.list ?? [];
  const handles = new Map(list.map((one) => [one.stashKey, one.handles]));
  const judged = new Map<string, JudgedCandidate>();
  for (const { stashKey, name, verdict, results } of await allStandings(store))
    judged.set(stashKey, {
      stashKey,
      name,
      verdict,
      handles: handles.get(stashKey) ?? [],
      failed: failedText(results),
    });
  const era = head.eras.active.known ? head.eras.active.value : null;
  const nominators = head.nominators.flatMap((record) => {
    const targets = record.targets.known ? (record.targets.value ?? []) : null;
    return targets === null
      ? []
      : [{ record, targets: backedTargets(settings.programme, era, judged, targets) }];
  });
  return { head, nominators };
}

/** A nominator that backs a candidate against the rules is a critical notice, until the chain has others. */
export async function watchBacking(context: JobContext): Promise<void> {
  const { store, clock } = context;
  const backing = await backingOf(context);
  if (backing === null) return;
  const current = new Set<string>();
  for (const { record, targets } of backing.nominators)
    for (const { stashKey, name, why, state } of targets) {
      if (state !== 'out') continue;
      const key = `still-backs ${record.stashKey} ${stashKey}`;
      current.add(key);
      const text = `${record.name} still backs ${name} on chain: ${why}. Its next nomination leaves it out; see \`watchbill nominate next\`. If no target is left, \`transactions.chill: true\` lets the programme end the nomination`;
      await noteState(store, clock.nowMs(), { key, severity: 'critical', text }, true);
    }
  const read = new Set(backing.nominators.map(({ record }) => record.stashKey));
  for (const { key, severity, text } of await store.notices.open()) {
    const [kind, nominator = ''] = key.split(' ');
    if (kind === 'still-backs' && read.has(nominator) && !current.has(key))
      await noteState(store, clock.nowMs(), { key, severity, text }, false);
  }
}

/**
 * Ends the nomination of each nominator without a target that the rules allow, once an era. A nominator with
 * an open transaction, or with a target whose state is unknown, waits.
 */
export async function chillLeft(context: JobContext): Promise<readonly string[]> {
  const { store, world, settings, signal } = context;
  if (!settings.chill || world.transactions === null) return [];
  const backing = await backingOf(context);
  const elections = await electionsOf(context);
  if (!backing?.head.eras.active.known || elections === null) return [];
  const era = backing.head.eras.active.value;
  const fromHeight = backing.head.sources.staking?.block?.number;
  if (fromHeight === undefined) return [];
  const busy = new Set((await store.intents.open()).map(({ state }) => state.intent.nominator));
  const notes: string[] = [];
  for (const { record, targets } of backing.nominators) {
    const nominator = settings.nominators.find(({ stashKey }) => stashKey === record.stashKey);
    const isLeft = targets.length > 0 && targets.every(({ state }) => state === 'out');
    if (nominator === undefined || !isLeft || busy.has(record.stashKey)) continue;
    const until = await deadlineFor(context, elections, nominator, signal);
    if (typeof until === 'string') continue;
    const { real, signer, way } = nominator;
    const who = { nominator: record.stashKey, real, signer, way, call: 'chill' } as const;
    const when = { era, forEra: until.era, fromHeight, deadlineRelay: until.nominateBefore };
    const sinceEra = sinceEraOf(record.submittedIn);
    const own = targets.map(({ stashKey }) => stashKey);
    const intent = makeIntent({ ...who, ...when, sinceEra, round: `chill of era ${era}`, targets: own });
    const added = await admitIntent(store.intents, settings.machineRules, intent);
    if (added.ok) notes.push(`${record.name} is chilled`);
  }
  return notes;
}
