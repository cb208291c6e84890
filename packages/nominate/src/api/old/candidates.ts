import { z } from 'zod';
import type { Standing, StandingFilter } from '../../storage/port.ts';
import { documentOf } from '../reading/document.ts';
import type { SnapshotFacts } from '../reading/snapshot-facts.ts';
import { json, jsonText, type Reply } from '../reply.ts';
import type { Call } from '../route.ts';
import { noSuchCandidate } from '../routes/candidates.ts';
import { versioned } from '../routes/versioned.ts';
import { after, limitOf, who } from '../shapes/parts.ts';
import type { Site } from '../site.ts';
import { versionOf } from '../views/candidate.ts';
import { standingOf } from '../views/candidate-in-full.ts';
import { oldCandidate, oldStake } from './candidate.ts';

const MOST = 1_000;

export const oldPage = z.strictObject({ limit: limitOf(MOST, MOST), after });
export const byStash = z.object({ stash: who });

type OldPage = z.output<typeof oldPage>;

/**
 * An old list: the bare array, made and compressed once for each snapshot. If there are more rows, a `Link`
 * header points to the next page (RFC 8288).
 */
export function oldCandidates(path: string, filter: StandingFilter) {
  return async (site: Site, call: Call<unknown, OldPage>): Promise<Reply> => {
    const { reader } = site;
    const { limit, after: from } = call.query;
    const of = await reader.standingsOf();
    return versioned(site, call, `${path} ${versionOf(of)}`, async (etag) => {
      const page = await reader.ask(({ standings }) =>
        standings.list(filter, { limit, after: from ?? null }),
      );
      const facts = await reader.facts();
      const document = await documentOf(etag, arrayOf(page.rows, facts));
      const next = `${path}?limit=${limit}&after=${encodeURIComponent(page.next ?? '')}`;
      const headers = page.next === null ? {} : { link: `<${next}>; rel="next"` };
      return { kind: 'document', document, headers };
    });
  };
}

function* arrayOf(rows: readonly Standing[], facts: SnapshotFacts | null): Iterable<string> {
  yield '[';
  for (const [at, row] of rows.entries()) yield `${at === 0 ? '' : ','}${jsonText(oldCandidate(row, facts))}`;
  yield ']';
}

/** An answer about one candidate. */
export async function ofStash(
  site: Site,
  stash: string,
  answer: (stashKey: string) => Promise<unknown>,
): Promise<Reply> {
  const standing = await standingOf(site, stash);
  return standing === null ? noSuchCandidate(stash) : json(await answer(standing.stashKey));
}

export async function oneOldCandidate(site: Site, stash: string): Promise<Reply> {
  const standing = await standingOf(site, stash);
  if (standing === null) return noSuchCandidate(stash);
  return json(oldCandidate(standing, await site.reader.facts()));
}

export async function oldScore(site: Site, stash: string): Promise<Reply> {
  const [standing, facts] = await Promise.all([standingOf(site, stash), site.reader.facts()]);
  if (standing === null) return noSuchCandidate(stash);
  const { score } = standing;
  const session = facts?.head.eras.session;
  return json({
    address: standing.stash,
    session: session?.known === true ? session.value : null,
    updated: facts?.head.takenAtMs ?? null,
    ...(score === null
      ? { total: null, aggregate: null, randomness: null }
      : { ...score.components, total: score.total, aggregate: score.aggregate, randomness: score.draw }),
  });
}

export async function oldNominatorStake(site: Site, stash: string): Promise<Reply> {
  const facts = await site.reader.facts();
  const record = await recordOf(site, stash);
  if (facts === null || record === null) return noSuchCandidate(stash);
  const era = facts.head.eras.active;
  return json({
    validator: record.candidate.stash,
    era: era.known ? era.value : null,
    ...oldStake(record, facts.head.network),
  });
}

export async function oldLocation(site: Site, stash: string): Promise<Reply> {
  const record = await recordOf(site, stash);
  if (record === null) return noSuchCandidate(stash);
  const { place, candidate } = record;
  const { stash: address, name, slotId } = candidate;
  return json(place.known && place.value !== null ? [{ address, name, slotId, ...place.value }] : []);
}

async function recordOf({ reader }: Site, stash: string) {
  const facts = await reader.facts();
  const key = facts?.keyOf(stash) ?? null;
  return key === null ? null : (facts?.record(key) ?? null);
}
