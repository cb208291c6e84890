import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type RestoreParts, restoreBackup } from './restore.ts';
import type { RestoreRecord } from './restore-state.ts';
import { contentsBelow, fill } from './testing/folder.ts';
import { DATABASE, FACTS, GENESIS, HASH, manifestFor } from './testing/manifest.ts';
import { fillArchive, OLD, SH, type World, world } from './testing/restore.ts';

const NEVER = new AbortController().signal;
const OTHER_ID = '20261122T010203Z-9';

const restored = (parts: RestoreParts) => restoreBackup(parts, manifestFor(), NEVER);

/** The folder of a backup in the archive. */
function archived({ node }: World, id: string): string {
  return join(node, '..', 'archive/harbour/backup-here-0', id);
}

function recordOf(change: {
  readonly step: RestoreRecord['step'];
  readonly id?: string;
  readonly network?: string;
}): RestoreRecord {
  const { step, network = 'harbour', id = manifestFor().id } = change;
  const manifest = manifestFor(DATABASE, { id });
  return { format: 'watchbill/restore/1', network, node: 'rpc-here-0', step, manifest, why: null };
}

describe('a restore', () => {
  fillArchive();

  test('puts the backup in place of the database and leaves nothing else', async (context) => {
    const one = await world(context);
    await restored(one.parts);
    assert.deepEqual(contentsBelow(one.node), DATABASE);
    assert.deepEqual(one.calls, ['stop', 'start']);
    assert.equal(one.record, null);
  });

  test('keeps the old database where it is asked to, and then does not take it for one of the next restore', async (context) => {
    const one = await world(context, { keepOld: true });
    await restored(one.parts);
    assert.ok(existsSync(join(one.node, 'data/chains/x/db.before/full/OLD')));
    await assert.rejects(
      restored({ ...one.parts, older: true }),
      /db\.before is there, from an earlier restore/,
    );
  });

  test('takes the old database back where the node does not come up on the backup', async (context) => {
    for (const bad of [
      null,
      { ...FACTS, finalised: { number: 9, hash: HASH } },
      { ...FACTS, genesis: `0x${'00'.repeat(32)}` },
    ]) {
      const one = await world(context);
      const well = one.facts;
      one.facts = (content) => (content === 'first' ? bad : well(content));
      await assert.rejects(restored(one.parts), /did not start.*runs on its old database again/);
      assert.deepEqual(contentsBelow(one.node), OLD);
      assert.ok(one.running);
      assert.equal(one.record, null);
    }
  });

  test('touches no file where the backup does not fit: chain, height, pruning, damage', async (context) => {
    const cases: readonly (readonly [RegExp, (one: World) => Promise<unknown>])[] = [
      [
        /is of chain 0xee/,
        (one) => restoreBackup(one.parts, manifestFor(DATABASE, { genesis: `0x${'ee'.repeat(32)}` }), NEVER),
      ],
      [
        /the node would go back/,
        (one) => {
          one.facts = () => ({ ...FACTS, finalised: { number: 11, hash: HASH } });
          return restored(one.parts);
        },
      ],
      [
        /has the pruning mode archive/,
        (one) => restoreBackup(one.parts, manifestFor(DATABASE, { pruning: 'archive' }), NEVER),
      ],
      [
        /so its chain is not known/,
        (one) => {
          one.facts = () => null;
          return restored(one.parts);
        },
      ],
      [
        /is damaged/,
        (one) => {
          fill(join(archived(one, manifestFor().id), 'data'), { 'data/chains/x/db/full/CURRENT': 'x' });
          return restored(one.parts);
        },
      ],
    ];
    for (const [wanted, work] of cases) {
      const one = await world(context);
      await assert.rejects(work(one), wanted);
      assert.deepEqual(one.calls, []);
      for (const [path, text] of Object.entries(OLD)) assert.equal(contentsBelow(one.node)[path], text);
    }
  });

  test('a node that does not answer takes a backup when its chain is named', async (context) => {
    const one = await world(context, { genesis: GENESIS });
    rmSync(join(one.node, 'data'), { recursive: true });
    mkdirSync(join(one.node, 'data'));
    await restored(one.parts);
    assert.deepEqual(contentsBelow(one.node), DATABASE);
  });

  test('a node that had no database and does not come up is said to be down', async (context) => {
    const one = await world(context, { genesis: GENESIS });
    rmSync(join(one.node, 'data/chains'), { recursive: true });
    one.facts = () => null;
    await assert.rejects(restored(one.parts), /had no database before\): rpc-here-0 IS DOWN/);
    assert.deepEqual(contentsBelow(one.node), DATABASE);
    one.facts = () => FACTS;
    await restored(one.parts);
  });

  test('a command that is stopped while the node is down brings it up first; before that it leaves it alone', async (context) => {
    for (const [at, calls] of [
      ['fetched', []],
      ['swapping', ['stop', 'start']],
    ] as const) {
      const controller = new AbortController();
      const one = await world(context);
      const tell: RestoreParts['tell'] = (step) => {
        if (step === at) controller.abort();
      };
      const work = restoreBackup({ ...one.parts, tell }, manifestFor(), controller.signal);
      if (at === 'fetched') await assert.rejects(work, /abort/i);
      else await work;
      assert.deepEqual(one.calls, calls);
      assert.ok(one.running);
    }
  });

  test('a link in place of the folder for the backup is not followed, and one that comes later neither', async (context) => {
    const one = await world(context);
    const trap = join(one.node, '..', 'trap');
    mkdirSync(trap);
    const stage = join(one.node, `.restore-${manifestFor().id}`);
    symlinkSync(trap, stage);
    let replaced = false;
    // Between two scripts, when the folder is made, the node moves it away and puts the link there again.
    const run: RestoreParts['run'] = async (script, signal) => {
      if (!replaced && existsSync(stage) && !lstatSync(stage).isSymbolicLink()) {
        replaced = true;
        renameSync(stage, `${stage}-moved`);
        symlinkSync(trap, stage);
      }
      return SH(script, signal);
    };
    await restored({ ...one.parts, run, archiveBy: one.parts.archiveBy });
    assert.ok(replaced);
    assert.deepEqual(readdirSync(trap), []);
    assert.equal(contentsBelow(one.node)['data/chains/x/db/full/000001.sst'], 'first');
  });

  test('what an earlier try left of its copies is not in the way', async (context) => {
    const one = await world(context);
    const stage = join(one.node, `.restore-${manifestFor().id}`);
    fill(stage, {
      ...DATABASE,
      'data/chains/x/db/full/CURRENT.part': 'half',
      'data/chains/x/db/full/000001.sst': 'torn',
    });
    await restored(one.parts);
    assert.deepEqual(contentsBelow(one.node), DATABASE);
  });

  test('a signer is refused; one without any key takes a backup where a person said so', async (context) => {
    const plain = await world(context, {}, 'validator');
    await assert.rejects(restored(plain.parts), /GRANDPA votes/);
    const allowed = { signerWithoutKeys: true, older: true };
    const keyed = await world(context, allowed, 'validator');
    keyed.keys = ['/keystore/6772616eab'];
    await assert.rejects(restored(keyed.parts), /it has keys: .keystore.6772616eab/);
    const demoted = await world(context, allowed, 'rpc');
    demoted.keys = ['/keystore/6772616eab'];
    await assert.rejects(restored(demoted.parts), /rpc .*, but can sign/);
    for (const one of [plain, keyed, demoted]) {
      assert.deepEqual(one.calls, []);
      assert.deepEqual(contentsBelow(one.node), OLD);
    }
    const bare = await world(context, { signerWithoutKeys: true }, 'validator');
    await restored(bare.parts);
    assert.deepEqual(contentsBelow(bare.node), DATABASE);
  });

  test('keys that a signer gets while the backup is fetched stop the restore', async (context) => {
    const one = await world(context, { signerWithoutKeys: true }, 'validator');
    const tell: RestoreParts['tell'] = (step) => {
      if (step === 'fetched') one.keys = ['/keystore/6772616eab'];
    };
    await assert.rejects(restored({ ...one.parts, tell }), /^BackupFault: rpc-here-0 is a validator/);
    assert.equal(one.record?.step, 'fetched');
    assert.deepEqual(one.calls, []);
    assert.equal(contentsBelow(one.node)['data/chains/x/db/full/OLD'], 'old');
    // The record is there, and a second try asks again.
    await assert.rejects(restored(one.parts), /it has keys/);
    assert.deepEqual(one.calls, []);
  });

  test('keys that a signer gets while it is down keep it from its start on the backup', async (context) => {
    for (const [at, calls] of [
      ['swapping', []],
      ['swapped', ['stop']],
    ] as const) {
      const one = await world(context, { signerWithoutKeys: true }, 'validator');
      const tell: RestoreParts['tell'] = (step) => {
        if (step === at) one.keys = ['/keystore/6772616eab'];
      };
      await assert.rejects(restored({ ...one.parts, tell }), /it has keys.*IS DOWN, or runs on a database/);
      assert.deepEqual(one.calls, calls);
    }
  });

  test('a signer with keys is not taken back to its old database by a later run', async (context) => {
    const one = await world(context, { signerWithoutKeys: true }, 'validator');
    one.record = recordOf({ step: 'back' });
    one.keys = ['/keystore/6772616eab'];
    await assert.rejects(restored(one.parts), /it has keys/);
    assert.deepEqual([one.calls, one.running], [[], true]);
  });

  test('cut short at any script or step, it goes on when it is run again, and the old database is never lost', async (context) => {
    for (let killAt = 0; killAt < 14; killAt += 1) {
      const one = await world(context);
      let left = killAt;
      const run: RestoreParts['run'] = async (script, signal) => {
        left -= 1;
        // A rename that is cut short in the middle: the first command of two that were asked for.
        if (left < 0) return { kind: 'unknown', detail: 'killed' };
        return SH(script, signal);
      };
      const first = restored({ ...one.parts, run });
      const [{ status }] = await Promise.allSettled([first]);
      const failed = status === 'rejected';
      const files = contentsBelow(one.node);
      assert.ok(failed === false || Object.keys(files).some((path) => path.endsWith('/OLD')), `at ${killAt}`);
      if (!failed) return;
      await restored({ ...one.parts, older: true });
      assert.deepEqual(contentsBelow(one.node), DATABASE, `at ${killAt}`);
      assert.ok(one.running);
    }
    assert.fail('it has more scripts than were cut');
  });

  test('a backup that turned out damaged does not stand in the way of another one', async (context) => {
    const one = await world(context);
    const damaged = manifestFor({ ...DATABASE, 'data/chains/x/db/full/CURRENT': 'other' }, { id: OTHER_ID });
    cpSync(archived(one, manifestFor().id), archived(one, OTHER_ID), { recursive: true });
    await assert.rejects(restoreBackup(one.parts, damaged, NEVER), /is damaged.*/);
    assert.equal(one.record?.step, 'begun');
    await restored(one.parts);
    assert.deepEqual(contentsBelow(one.node), DATABASE, 'the files of the first one are gone');
    assert.deepEqual(one.calls, ['stop', 'start']);
    assert.equal(one.record, null);
  });

  test('a restore that touched the node is finished before another backup is taken', async (context) => {
    for (const step of ['swapping', 'swapped', 'back'] as const) {
      const one = await world(context);
      const record = recordOf({ step, id: OTHER_ID });
      one.record = record;
      const other = restored(one.parts);
      await assert.rejects(other, /20261122T010203Z-9 onto rpc-here-0 of network harbour is not finished/);
      assert.deepEqual([one.record, one.calls], [record, []]);
    }
  });

  test('one that has not touched the node continues only if the backup still fits', async (context) => {
    const one = await world(context);
    one.facts = () => ({ ...FACTS, finalised: { number: 11, hash: HASH } });
    one.record = recordOf({ step: 'fetched' });
    fill(join(one.node, `.restore-${manifestFor().id}`), DATABASE);
    await assert.rejects(restored(one.parts), /the node would go back/);
    assert.deepEqual(one.calls, []);
    await restored({ ...one.parts, older: true });
    assert.deepEqual(contentsBelow(one.node), DATABASE);
  });

  test('a record of a node with this name in another network is not taken for one of this node', async (context) => {
    for (const step of ['begun', 'swapping'] as const) {
      const one = await world(context);
      one.record = recordOf({ step, network: 'other' });
      await assert.rejects(restored(one.parts), /onto rpc-here-0 of network other is not finished/);
      assert.deepEqual([one.record.network, one.calls], ['other', []]);
    }
  });

  test('a swap that was cut between its two renames is finished, and a new database of the node is not taken for the old one', async (context) => {
    const one = await world(context);
    const stage = join(one.node, `.restore-${manifestFor().id}`);
    fill(stage, DATABASE);
    fill(one.node, {
      'data/chains/x/db.before/full/OLD': 'old',
      'data/chains/x/db/full/EMPTY': 'begun anew',
    });
    one.record = recordOf({ step: 'swapping' });
    await restored({ ...one.parts, keepOld: true });
    assert.deepEqual(contentsBelow(one.node), { 'data/chains/x/db.before/full/OLD': 'old', ...DATABASE });
  });

  test('a database of the other kind goes out of the way, and comes back with the rest', async (context) => {
    const other = { 'data/chains/x/paritydb/full/metadata': 'old' };
    const one = await world(context);
    rmSync(join(one.node, 'data/chains/x/db'), { recursive: true });
    fill(one.node, other);
    one.facts = (content) => (content === 'first' ? null : FACTS);
    await assert.rejects(restored(one.parts), /runs on its old database again/);
    assert.deepEqual(contentsBelow(one.node), other);
    one.facts = () => FACTS;
    await restored(one.parts);
    assert.deepEqual(contentsBelow(one.node), DATABASE);
  });
});
