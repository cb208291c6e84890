import { writeAddress } from '@watchbill/chain/address';
import type { IntentState } from '../../transactions/state.ts';
import type { IntentRow } from '../../transactions/store/port.ts';
import { readKey } from '../reading/snapshot-facts.ts';
import { json, type Reply, refusal } from '../reply.ts';
import type { Site } from '../site.ts';
import { type NominatorView, nominatorsOf } from '../views/nominators.ts';
import { tokens } from './candidate.ts';

const MOST_INTENTS = 200;

interface Network {
  readonly prefix: number;
  readonly decimals: number;
}

async function networkOf({ reader }: Site): Promise<Network> {
  return (await reader.facts())?.head.network ?? { prefix: 42, decimals: 0 };
}

function oldNominator(view: NominatorView, { prefix, decimals }: Network) {
  return {
    name: view.name,
    address: view.stash,
    stash: view.stash,
    bonded: view.bonded === null ? null : tokens(BigInt(view.bonded), decimals),
    nominateAmount: view.round?.targets.length ?? 0,
    state: oldState(view),
    current: (view.round?.targets ?? []).map(({ name, stashKey }) => ({
      name,
      stash: writeAddress({ prefix, publicKey: stashKey }),
    })),
    lastNomination: view.intents.find(({ state }) => state === 'finalised')?.changedMs ?? null,
  };
}

/** The four states of the old status page. */
function oldState({ intents, nominatedInEra, round }: NominatorView): string {
  if (intents.some(({ state }) => state === 'announced' || state === 'executable'))
    return 'AwaitingProxyExecution';
  if (round?.state === 'nominates' && intents.some(({ reason }) => reason === null)) return 'ReadyToNominate';
  return nominatedInEra === null ? 'NotNominating' : 'Nominated';
}

export async function oldNominators(site: Site): Promise<Reply> {
  const network = await networkOf(site);
  return json((await nominatorsOf(site)).map((view) => oldNominator(view, network)));
}

export async function oneOldNominator(site: Site, stash: string): Promise<Reply> {
  const key = readKey(stash);
  const found = (await nominatorsOf(site)).find(({ stashKey }) => stashKey === key);
  if (found === undefined)
    return refusal('no-such-nominator', `no nominator has the stash ${JSON.stringify(stash)}`);
  return json(oldNominator(found, await networkOf(site)));
}

/** Finalised nominations: intents whose targets were read back from the chain. */
export async function oldNominations(
  site: Site,
  filter: { readonly nominator?: string; readonly last: number },
): Promise<Reply> {
  return json(await finalised(site, filter));
}

export async function oldLastNomination(site: Site): Promise<Reply> {
  const [last] = await finalised(site, { last: 1 });
  return last === undefined ? refusal('nothing-yet', 'no nomination was finalised yet') : json(last);
}

async function finalised(
  site: Site,
  { nominator, last }: { readonly nominator?: string; readonly last: number },
) {
  const { reader } = site;
  const network = await networkOf(site);
  const rows = await reader.ask((store) =>
    store.intents.list({
      open: false,
      limit: MOST_INTENTS,
      ...(nominator === undefined ? {} : { nominator }),
    }),
  );
  const done = rows.filter(({ state }) => state === 'finalised').slice(0, last);
  return Promise.all(done.map((row) => oldNomination(site, row, network)));
}

async function oldNomination({ reader }: Site, row: IntentRow, { prefix }: Network) {
  const [found, journal] = await Promise.all([
    reader.ask((store) => store.intents.load(row.id)),
    reader.ask((store) => store.intents.journal(row.id)),
  ]);
  const landed = journal.findLast(({ block }) => block !== null);
  const address = (publicKey: string) => writeAddress({ prefix, publicKey });
  return {
    address: address(row.nominator),
    era: row.era,
    validators: backedBy(found?.state ?? null).map(address),
    timestamp: row.changedMs,
    blockHash: landed?.block ?? null,
  };
}

/** None after a chill. */
function backedBy(state: Pick<IntentState, 'intent' | 'targets'> | null): readonly string[] {
  return state === null || state.intent.call === 'chill' ? [] : state.targets;
}

/** Announcements that are on the chain. */
export async function oldProxyTransactions(site: Site): Promise<Reply> {
  const { prefix } = await networkOf(site);
  const open = await site.reader.ask(({ intents }) => intents.open());
  const address = (publicKey: string) => writeAddress({ prefix, publicKey });
  return json(
    open.flatMap(({ state: { announcement, intent, targets } }) =>
      announcement === null
        ? []
        : [
            {
              number: Number(announcement.relayHeight),
              controller: address(intent.real),
              targets: backedBy({ intent, targets }).map(address),
              callHash: announcement.callHash,
            },
          ],
    ),
  );
}
