import { z } from 'zod';
import { type Engine, transact } from '../engine.ts';
import type { ProgrammeStore } from '../port.ts';
import { getPacked, getText, packText, putText } from '../texts.ts';

const takenShape = z.object({ takenAtMs: z.int() });

/** The time of a snapshot. Throws for a text that is not a snapshot. */
export function takenMsOf(text: string): number {
  return takenShape.parse(JSON.parse(text)).takenAtMs;
}

export function snapshotRows(engine: Engine): ProgrammeStore['snapshots'] {
  const { db } = engine;
  return {
    put: async (text) => {
      const takenMs = takenMsOf(text);
      const packed = await packText('snapshot', text);
      const { digest } = packed;
      await transact(engine, async (tx) => {
        await putText(tx, packed);
        const last = await tx.selectFrom('snapshots').select(tx.fn.max('seq').as('seq')).executeTakeFirst();
        const seq = Number(last?.seq ?? 0) + 1;
        await tx
          .insertInto('snapshots')
          .values({ digest, seq, taken_ms: takenMs })
          .onConflict((conflict) => conflict.column('digest').doUpdateSet({ seq }))
          .execute();
      });
      return { digest };
    },
    get: (digest) => getText(db, 'snapshot', digest),
    packed: (digest) => getPacked(db, 'snapshot', digest),
    newest: async () => {
      const row = await db
        .selectFrom('snapshots')
        .select(['digest', 'taken_ms'])
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : { digest: row.digest, takenAtMs: row.taken_ms };
    },
  };
}
