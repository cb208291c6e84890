import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import type { ReadinessReport } from '../../contract.ts';
import { FIT_REPORT, KEY, policyDocument } from '../../testing/services.ts';
import { type Active, reportChecks } from './report-checks.ts';

/** At least 1 peer, at most 10 blocks and 200 ms behind. */
const POLICY = { ...policyDocument(), versionId: 'v', version: 1 } as unknown as Policy;
const REPORT: ReadinessReport = { ...FIT_REPORT, version: '1.2.3', heldKeys: [KEY] };
const active = (report: ReadinessReport | null): Active => ({ name: 'a', report });

function check(name: string, change: Partial<ReadinessReport> = {}, of: Active | null = active(REPORT)) {
  const rows = reportChecks(POLICY, { ...REPORT, ...change }, of);
  const found = rows.find(([row]) => row === name)?.[1] ?? assert.fail(name);
  const remedy = found.remedy === undefined ? '' : ` | ${found.remedy}`;
  return `${found.state}: ${found.detail}${remedy}`;
}

test('without a report every line is unknown, and says where to ask', () => {
  const rows = reportChecks(POLICY, null, active(REPORT));
  assert.deepEqual(
    rows.map(([name]) => name),
    ['peers', 'finality', 'clock', 'version', 'keys'],
  );
  for (const [, found] of rows)
    assert.deepEqual(found, {
      state: 'unknown',
      detail: 'no fresh report of the node came to this service',
      remedy: 'Ask the service that the node reports to, with --url.',
    });
});

test('a report has a line for each figure, in this order', () => {
  assert.deepEqual(
    reportChecks(POLICY, REPORT, active(REPORT)).map(([name, { state }]) => `${name} ${state}`),
    ['peers ok', 'finality ok', 'clock ok', 'version ok', 'keys ok'],
  );
});

describe('the figures may be at the limits of the policy', () => {
  test('peers', () => {
    assert.equal(check('peers', { peers: 1 }), 'ok: 1, minPeers is 1');
    assert.equal(check('peers', { peers: 0 }), 'fail: 0, minPeers is 1');
  });

  test('finality', () => {
    const text = (lag: number) => `${lag} blocks behind its best, maxFinalityLagBlocks is 10`;
    assert.equal(check('finality', { finalityLagBlocks: 10 }), `ok: ${text(10)}`);
    assert.equal(check('finality', { finalityLagBlocks: 11 }), `fail: ${text(11)}`);
  });

  test('the clock, in either direction', () => {
    assert.equal(check('clock', { clockOffsetMs: -200 }), 'ok: -200 ms off, maxClockOffsetMs is 200');
    assert.equal(check('clock', { clockOffsetMs: 200.4 }), 'fail: 200 ms off, maxClockOffsetMs is 200');
    assert.equal(check('clock', { clockOffsetMs: -201 }), 'fail: -201 ms off, maxClockOffsetMs is 200');
  });
});

test('both nodes should run one version', () => {
  assert.equal(check('version'), 'ok: 1.2.3, as a');
  assert.equal(check('version', {}, null), 'ok: 1.2.3; no node is active');
  const other = active({ ...REPORT, version: '1.2.4' });
  assert.equal(
    check('version', {}, other),
    'fail: 1.2.3, and a runs 1.2.4 | Run one version on both nodes, unless this handover is a step of an upgrade.',
  );
  for (const silent of [active(null), active({ ...REPORT, version: undefined })])
    assert.equal(check('version', {}, silent), 'unknown: 1.2.3; a reported no version to this service');
  assert.equal(
    check('version', { version: undefined }, other),
    'unknown: the node does not report the version of its program',
  );
});

test('the keystore of the node should have the key', () => {
  assert.equal(check('keys'), 'ok: its keystore has the key');
  assert.equal(
    check('keys', { unknownKinds: ['nimb'] }),
    'ok: its keystore has the key; its gate signs nothing with keys of kind nimb, which it does not know',
  );
  const other = `0x${'cd'.repeat(32)}`;
  assert.equal(
    check('keys', { heldKeys: [other] }),
    'fail: its keystore does not have the key | Insert the key on that node, or name another node.',
  );
  assert.equal(
    check('keys', { heldKeys: undefined }),
    'unknown: the node does not report the keys in its keystore',
  );
});
