import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { windowSchedule } from '../../quorum/identity.ts';
import type { WindowRecord } from '../records/queries.ts';
import { memberPage } from './page.ts';
import type { LiveStatus } from './status.ts';
import { cellsOf, resultOf } from './strip.ts';
import { demo } from './testing/fake-events.ts';

const record = (from: number, fields: Partial<WindowRecord> = {}): WindowRecord => ({
  ...{ from: `${from}`, to: `${from}`, result: 'execute', reason: null, leader: 'm0', action: 'usual' },
  ...{
    startBlock: '75',
    expiryBlock: '105',
    detail: 'certified in rank 0',
    atMs: 0,
    faults: [],
    receipts: [],
  },
  ...fields,
});
const failed = (from: number, reason: string | null, result = 'failed') =>
  record(from, { result, reason, action: null, leader: null });
const looks = (...args: Parameters<typeof cellsOf>) => cellsOf(...args).map(({ look }) => look);

describe('the strip of the last windows', () => {
  test('shows each window once, oldest first; a window without a record is unknown', () => {
    const records = [record(9), failed(7, 'no-certificate'), { ...failed(3, 'passed', 'skipped'), to: '5' }];
    assert.deepEqual(
      cellsOf(records, 11n).map((cell) => `${cell.index} ${resultOf(cell)}`),
      [
        '3 missed by this member (passed)',
        '4 missed by this member (passed)',
        '5 missed by this member (passed)',
        '6 unknown (no record)',
        '7 no agreement seen (no-certificate)',
        '8 unknown (no record)',
        '9 agreed on usual',
        '10 unknown (no record)',
      ],
    );
    assert.deepEqual(cellsOf([], 11n), []);
    const many = cellsOf([record(90), { ...failed(1, 'passed', 'skipped'), to: '89' }], null);
    assert.deepEqual([many.length, many[0]?.index, many.at(-1)?.look], [24, 67n, 'agreed']);
  });

  test('calls a window agreed only if this member took the agreement in time', () => {
    const agreed = [record(1), record(1, { result: 'noop', action: 'noop' })];
    assert.deepEqual(
      agreed.flatMap((one) => looks([one], null)),
      ['agreed', 'agreed'],
    );
    for (const reason of ['missed', 'action-running'])
      assert.deepEqual(looks([record(1, { reason })], null), ['missed']);
    for (const reason of ['no-seed', 'seed-differs', 'version-differs', 'toString', null])
      assert.deepEqual(looks([failed(1, reason)], null), ['unknown'], `${reason}`);
  });
});

const PLACE = { index: '4', block: '80', activeEnd: '95' };
const WINDOW = { ...PLACE, rank: 0, leader: 'm2', checklist: [], certified: null };
const STATUS: LiveStatus = {
  said: { isWell: true, sentence: '' },
  ...{ name: 'demo', group: '0x01', members: 4, seat: 0, member: 'm0', quorum: 3, peers: [], totals: {} },
  ...{ height: '81', heightAgeMs: 5, nextBlock: '100', executing: null, storeFailure: null, problems: [] },
  window: { ...WINDOW, abstains: null, signed: [] },
  last: { ...WINDOW, index: '3', abstains: null, signed: ['prepare in rank 0', 'commit in rank 0'] },
};

function textOf(
  status: Partial<LiveStatus>,
  windows = [record(3)],
  faults: WindowRecord['faults'] = [],
): string {
  const schedule = windowSchedule(demo.group);
  const whole = { ...STATUS, ...status } as LiveStatus;
  const page = memberPage({ status: whole, windows, faults, schedule, nowMs: 0 });
  return page.replaceAll(/<title>.*?<\/title>|<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

test('the page says who leads, what this member did in the last window, and why', () => {
  assert.match(textOf({}), /demo, 4 members: m2 leads window 4, next window in 19 blocks healthy/);
  assert.match(
    textOf({}),
    /this member signed prepare in rank 0, commit in rank 0 result agreed on usual; it may run from block 75 until 105 why certified in rank 0/,
  );
  const sat = { ...WINDOW, index: '3', abstains: 'its key signs elsewhere', signed: [] };
  const rest = textOf({ last: sat, problems: ['stop it'] }, [failed(3, 'no-certificate')]);
  assert.match(
    rest,
    /not healthy stop it .*signed no vote: its key signs elsewhere .*cause, remedy fewer members than a quorum/,
  );
  for (const last of [null, { ...WINDOW, abstains: null, signed: ['commit in rank 0'] }])
    assert.match(textOf({ last }), /this member unknown: this process did not see the window/);
  assert.match(
    textOf({ height: null, nextBlock: null, window: null }, []),
    /no finalised block is known yet .*No window has ended yet/,
  );
});

test('a fault comes with its remedy, and a text from outside is no markup', () => {
  const fault = { window: '3', culprit: '<b>m1', kind: 'equivocation', evidence: '3-m1-equivocation.json' };
  const text = textOf({}, [record(3)], [fault, { ...fault, kind: 'idleness', evidence: null }]);
  assert.match(
    text,
    /window 3: &lt;b&gt;m1 , equivocation \( evidence \) ask its operator first whether a state folder was copied/,
  );
  assert.match(text, /idleness no message of it arrived in time.*it is no proof/);
  assert.match(textOf({}), /This member recorded no fault/);
});
