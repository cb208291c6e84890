import { loadList } from '../../candidates/list.ts';
import type { PlaceAnswer } from '../../places/index.ts';
import type { LookedUp } from '../../snapshot/place.ts';
import type { Job, JobContext } from '../job.ts';
import { readNote } from '../notes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Addresses in one lookup; after each lookup the job reports its progress. */
const AT_ONCE = 64;

interface Given {
  readonly by: LookedUp['by'];
  readonly address: string;
}

/**
 * Looks up the places of nodes and stores them with their times. If an address is not found any more, its
 * last place stays. Each run reads the addresses anew and passes them only to the table or the program: it
 * neither stores nor logs them.
 */
export const placesJob: Job = {
  name: 'places',
  everyMs: 10 * MINUTE_MS,
  // Snapshots wait for this job and must stay fresh. The next run does not repeat finished lookups.
  deadlineMs: 3 * MINUTE_MS,
  after: ['candidates', 'telemetry'],
  run: async (context) => {
    const { store, world, progress, signal } = context;
    if (world.places === null) return 'neither a table nor a program of places is configured';
    const list = (await readNote(store, 'candidates'))?.list ?? [];
    await progress(0, 'gathering addresses');
    const given = await addressesOf(context);
    const stashKeys = list.map(({ stashKey }) => stashKey).filter((key) => given.has(key));
    const all = [...new Set(stashKeys.flatMap((key) => given.get(key) ?? []).map(({ address }) => address))];
    const answers = new Map<string, PlaceAnswer>();
    for (let at = 0; at < all.length; at += AT_ONCE) {
      await progress(at / all.length, `${at} of ${all.length} addresses`);
      for (const [address, answer] of await world.places.find(all.slice(at, at + AT_ONCE), signal))
        answers.set(address, answer);
      signal.throwIfAborted();
    }
    let found = 0;
    const before = await store.places.lookedUp();
    for (const stashKey of stashKeys) {
      const now = bestOf(given.get(stashKey) ?? [], answers, context.clock.nowMs());
      if (now?.place != null) found += 1;
      if (now !== null) await keep(context, stashKey, now, before.get(stashKey));
    }
    return `${found} places of ${stashKeys.length} candidates with an address, ${list.length} in all`;
  },
};

/** By stash key, in the order of precedence: the programme's own file, the feeds, the entries of the list. */
async function addressesOf({
  world,
  settings,
  signal,
}: JobContext): Promise<ReadonlyMap<string, readonly Given[]>> {
  const given = new Map<string, Given[]>();
  const add = (by: Given['by'], pairs: Iterable<readonly [string, string]>): void => {
    for (const [stashKey, address] of pairs)
      given.set(stashKey, [...(given.get(stashKey) ?? []), { by, address }]);
  };
  add('programme', (await world.places?.ownAddresses()) ?? []);
  add('feed', world.telemetry?.report().addresses ?? []);
  // The list is read again, because its stored copy has no addresses. A broken list provides none.
  const text = await world.candidates(signal).catch(() => null);
  const load = text === null ? null : loadList(text, settings.listRules, settings.goodRestOnly);
  const declared = load?.ok === true ? load.candidates : [];
  add(
    'entry',
    declared.flatMap(({ stashKey, address }) => (address === undefined ? [] : [[stashKey, address]])),
  );
  return given;
}

/** The first address with a place; otherwise the first address, with the reason. */
function bestOf(
  given: readonly Given[],
  answers: ReadonlyMap<string, PlaceAnswer>,
  atMs: number,
): LookedUp | null {
  const all = given.flatMap(({ by, address }): LookedUp[] => {
    const answer = answers.get(address);
    if (answer === undefined) return [];
    return 'place' in answer
      ? [{ by, place: answer.place, why: null, atMs }]
      : [{ by, place: null, why: answer.why, atMs }];
  });
  return all.find(({ place }) => place !== null) ?? all[0] ?? null;
}

async function keep(
  { store }: JobContext,
  stashKey: string,
  now: LookedUp,
  before: LookedUp | undefined,
): Promise<void> {
  if (now.place === null && before?.place != null) return;
  const { atMs: _now, ...told } = now;
  const { atMs = 0, ...known } = before ?? {};
  // Ages are shown in minutes, so an unchanged place is written once an hour.
  if (before !== undefined && JSON.stringify(told) === JSON.stringify(known) && now.atMs - atMs < HOUR_MS)
    return;
  await store.places.putLookedUp(stashKey, now);
}
