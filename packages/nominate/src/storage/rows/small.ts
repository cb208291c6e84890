import type { LookedUp } from '../../snapshot/place.ts';
import type { Place } from '../../snapshot/record-shapes.ts';
import { CLOCK_SKEW_MS } from '../../time/skew.ts';
import { type Engine, inParts, storable, transact } from '../engine.ts';
import type { ProgrammeStore } from '../port.ts';

/** Lists that are always read whole: releases, places, notes, leases. */
export function smallRows(engine: Engine): Pick<ProgrammeStore, 'releases' | 'places' | 'notes' | 'leases'> {
  return {
    releases: releases(engine),
    places: places(engine),
    notes: notes(engine),
    leases: leases(engine),
  };
}

function releases(engine: Engine): ProgrammeStore['releases'] {
  return {
    put: (rows) =>
      transact(engine, async (tx) => {
        for (const part of inParts(rows))
          await tx
            .insertInto('releases')
            .values(
              part.map(({ client, version, publishedAtMs }) => ({
                client,
                version,
                published_ms: publishedAtMs,
              })),
            )
            .onConflict((conflict) =>
              conflict
                .columns(['client', 'version'])
                .doUpdateSet(({ ref }) => ({ published_ms: ref('excluded.published_ms') })),
            )
            .execute();
      }),
    all: async () => {
      const rows = await engine.db
        .selectFrom('releases')
        .selectAll()
        .orderBy('published_ms')
        .orderBy('client')
        .orderBy('version')
        .execute();
      return rows.map(({ client, version, published_ms: publishedAtMs }) => ({
        client,
        version,
        publishedAtMs,
      }));
    },
  };
}

function places({ db }: Engine): ProgrammeStore['places'] {
  return {
    put: async (stashKey, place, atMs) => {
      const row = { body: JSON.stringify(place), at_ms: atMs };
      await db
        .insertInto('node_places')
        .values({ stash_key: stashKey, ...row })
        .onConflict((conflict) => conflict.column('stash_key').doUpdateSet(row))
        .execute();
    },
    all: async () => {
      const rows = await db.selectFrom('node_places').selectAll().orderBy('stash_key').execute();
      return new Map(
        rows.map(({ stash_key: stashKey, body, at_ms: atMs }) => [
          stashKey,
          { place: JSON.parse(body) as Place, atMs },
        ]),
      );
    },
    putLookedUp: async (stashKey, { atMs, ...found }) => {
      const row = { body: JSON.stringify(found), at_ms: atMs };
      await db
        .insertInto('looked_up_places')
        .values({ stash_key: stashKey, ...row })
        .onConflict((conflict) => conflict.column('stash_key').doUpdateSet(row))
        .execute();
    },
    lookedUp: async () => {
      const rows = await db.selectFrom('looked_up_places').selectAll().orderBy('stash_key').execute();
      return new Map(
        rows.map(({ stash_key: stashKey, body, at_ms: atMs }) => [
          stashKey,
          { ...(JSON.parse(body) as Omit<LookedUp, 'atMs'>), atMs },
        ]),
      );
    },
  };
}

function notes({ db }: Engine): ProgrammeStore['notes'] {
  return {
    get: async (name) => {
      const row = await db.selectFrom('notes').select('body').where('name', '=', name).executeTakeFirst();
      return row?.body ?? null;
    },
    put: async (name, text) => {
      const body = storable(text);
      await db
        .insertInto('notes')
        .values({ name, body })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ body }))
        .execute();
    },
  };
}

function leases({ db, nowMs }: Engine): ProgrammeStore['leases'] {
  return {
    take: async (name, holder, forMs) => {
      const row = { holder, until_ms: nowMs() + forMs };
      // Its holder took it before the clock was set back; a holder that lives takes it again.
      const fromFuture = row.until_ms + CLOCK_SKEW_MS;
      const taken = await db
        .insertInto('leases')
        .values({ name, ...row })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet(row)
            .where(({ or, eb }) =>
              or([
                eb('leases.holder', '=', holder),
                eb('leases.until_ms', '<=', nowMs()),
                eb('leases.until_ms', '>', fromFuture),
              ]),
            ),
        )
        .returning('name')
        .execute();
      return taken.length === 1;
    },
    release: async (name, holder) => {
      await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
    },
  };
}
