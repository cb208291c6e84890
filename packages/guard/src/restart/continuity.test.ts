import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ContinuityToken, continuityOf, continuitySentence, LONGEST_GAP_MS } from './continuity.ts';

const database = { device: 8n, inode: 42n, bornNs: 1_700_000_000_000_000_000n };
const token: ContinuityToken = { bootId: 'boot-1', database, finalized: 500n, uptimeMs: 60_000 };
const said = (start: Partial<ContinuityToken>, of: ContinuityToken | null = token): string =>
  continuitySentence(
    continuityOf(of, { bootId: 'boot-1', database, finalized: 500n, uptimeMs: 61_000, ...start }),
  );

describe('continuity of a restart', () => {
  it('is proven by the same boot and folder, a short gap, and a node that did not go back', () => {
    assert.equal(said({}), 'the database continues from the last run');
    assert.equal(said({ finalized: 501n }), 'the database continues from the last run');
  });

  it('is not proven if one of the four differs, or if there is no token', () => {
    assert.equal(said({}, null), 'no run of this guard was interrupted just before');
    assert.equal(said({ bootId: 'boot-2' }), 'the machine rebooted since the last run');
    assert.equal(said({ uptimeMs: 60_000 + LONGEST_GAP_MS }), 'the database continues from the last run');
    const gap = 'the node was down for too long: it may have been started elsewhere';
    assert.equal(said({ uptimeMs: 60_001 + LONGEST_GAP_MS }), gap);
    assert.equal(said({ finalized: 499n }), 'the node starts below the block that it had finalised before');
    for (const other of [{ device: 9n }, { inode: 43n }, { bornNs: 0n }]) {
      const folder = { ...database, ...other };
      assert.equal(said({ database: folder }), 'the database folder is not the one of the last run');
    }
  });
});
