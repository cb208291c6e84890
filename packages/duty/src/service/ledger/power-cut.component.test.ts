import assert from 'node:assert/strict';
import { hash as digestOf } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FileLedger } from './open.ts';
import { decisionOf, entryOf, itemOf, ledgerIn, rowsIn, temporaryDir } from './testing/ground.ts';
import { type Files, followPowerCuts, writeFiles } from './testing/power-cuts.ts';

/** Calls that had settled before a power cut. */
interface Promised {
  /** Numbers of entries. */
  readonly granted: readonly number[];
  readonly words: readonly string[];
  readonly ledgerId: string | null;
}

interface Cut extends Promised {
  readonly what: string;
  readonly files: Files;
}

/** Entries and words in every way that the ledger takes them, and each state that a power cut leaves. */
async function cutsOf(t: TestContext): Promise<{ cuts: readonly Cut[]; kinds: ReadonlySet<string> }> {
  const dir = temporaryDir(t);
  const cuts: Cut[] = [];
  const kinds = new Set<string>();
  let promised: Promised = { granted: [], words: [], ledgerId: null };
  followPowerCuts(t, dir, (what, states) => {
    for (const files of states) cuts.push({ what, files, ...promised });
    kinds.add(`${what}: ${states.length}`);
  });
  const append = async (ledger: FileLedger, ...seqs: readonly number[]) => {
    const decision = (seq: number) => decisionOf({ outcome: 'granted', seq: String(seq) });
    await ledger.append(seqs.map((seq) => itemOf(entryOf({ seq: BigInt(seq) }), decision(seq))));
    promised = { ...promised, granted: [...promised.granted, ...seqs] };
  };
  const first = await ledgerIn(t, dir);
  await first.bind('ledger');
  promised = { ...promised, ledgerId: 'ledger' };
  for (let seq = 1; seq <= 5; seq++) await append(first, seq);
  first.note(decisionOf());
  await append(first, 8);
  await first.keepWord({ id: 'a', text: '{}' });
  promised = { ...promised, words: ['a'] };
  await append(first, 7, 6);
  await Promise.all([9, 10, 11].map((seq) => append(first, seq)));
  await first.close();
  const again = await ledgerIn(t, dir);
  await append(again, 12);
  await again.close();
  t.mock.restoreAll();
  return { cuts: withoutTwins(cuts), kinds };
}

/** Of cuts that leave the same files, the last one: more had settled by then. */
function withoutTwins(cuts: readonly Cut[]): readonly Cut[] {
  const nameOf = ({ files }: Cut) =>
    [...files].map(([name, bytes]) => `${name} ${digestOf('sha256', bytes)}`);
  return [...new Map(cuts.map((cut) => [nameOf(cut).sort().join(), cut])).values()];
}

test('a power cut within or after any commit loses no entry, decision or word that had settled', async (t) => {
  const { cuts, kinds } = await cutsOf(t);
  for (const [index, { what, files, ...promised }] of cuts.entries()) {
    const place = `after a power cut at ${index}, ${what}`;
    const dir = join(temporaryDir(t), `${index}`);
    writeFiles(dir, files);
    const ledger = await ledgerIn(t, dir);
    const { decisions } = ledger.decisions({ limit: 100, outcome: 'granted' });
    const words = ledger.openWords().map(({ id }) => id);
    if (promised.ledgerId !== null) assert.equal(ledger.ledgerId(), promised.ledgerId, place);
    await ledger.close();
    const decided = decisions.map(({ seq }) => Number(seq));
    const stored = rowsIn(dir, 'SELECT seq FROM entries').map(([seq]) => Number(seq));
    for (const seq of promised.granted) {
      assert.ok(stored.includes(seq), `entry ${seq} ${place}`);
      assert.ok(decided.includes(seq), `decision ${seq} ${place}`);
    }
    for (const id of promised.words) assert.ok(words.includes(id), `word ${id} ${place}`);
    assert.equal(new Set(stored).size, stored.length, 'none twice');
    const why = 'an entry and its decision stand or fall together';
    assert.deepEqual([...decided].sort(), [...stored].sort(), why);
  }
  for (const kind of ['within COMMIT: 3', 'COMMIT: 1', 'within close: 3', 'close: 1'])
    assert.ok(kinds.has(kind), kind);
});
