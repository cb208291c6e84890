import { type Engine, inParts, transact } from '../engine.ts';
import type { EraPointsRow, ProgrammeStore } from '../port.ts';

type Row = { readonly era: number; readonly stash_key: string; readonly points: number };

const shown = ({ era, stash_key: stashKey, points }: Row): EraPointsRow => ({ era, stashKey, points });

export function pointsRows(engine: Engine): ProgrammeStore['points'] {
  const { db } = engine;
  return {
    // The chain's data replaces all rows of an era, so rows that are missing now are deleted.
    putEra: (total, rows) =>
      transact(engine, async (tx) => {
        await tx
          .insertInto('era_totals')
          .values(total)
          .onConflict((conflict) => conflict.column('era').doUpdateSet(total))
          .execute();
        await tx.deleteFrom('era_points').where('era', '=', total.era).execute();
        for (const part of inParts(rows))
          await tx
            .insertInto('era_points')
            .values(part.map(({ stashKey, points }) => ({ era: total.era, stash_key: stashKey, points })))
            .execute();
      }),
    eras: () => db.selectFrom('era_totals').selectAll().orderBy('era', 'desc').execute(),
    of: async (stashKey, limit) => {
      const rows = await db
        .selectFrom('era_points')
        .selectAll()
        .where('stash_key', '=', stashKey)
        .orderBy('era', 'desc')
        .limit(limit)
        .execute();
      return rows.map(shown);
    },
    ofAll: async (stashKeys, fromEra) => {
      const found: EraPointsRow[] = [];
      for (const part of inParts(stashKeys)) {
        const rows = await db
          .selectFrom('era_points')
          .selectAll()
          .where('stash_key', 'in', part)
          .where('era', '>=', fromEra)
          .orderBy('era')
          .orderBy('stash_key')
          .execute();
        found.push(...rows.map(shown));
      }
      return found;
    },
  };
}
