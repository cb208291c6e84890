import assert from 'node:assert/strict';
import test from 'node:test';
import type { Look } from '../others/other-page.ts';
import { decisionOf, factsOf, KEY, NOW_MS, policyOf, standbyOf } from '../testing/facts.ts';
import { viewOf } from '../view/view.ts';
import { terminalLines, wrapped } from './lines.ts';

const plain = (text: string) => text;
const PLAIN = { good: plain, warn: plain, bad: plain, quiet: plain };

test('a terminal shows the sentence, a sign for each unit, and denials', () => {
  const denied = decisionOf({ unit: '44', outcome: 'denied', reason: 'not-ready' });
  const decisions = [decisionOf({ unit: '42' }), decisionOf({ unit: '43', node: 'bravo' }), denied];
  const lines = terminalLines(viewOf(factsOf({ decisions, refusals: [denied] })), 200, PLAIN);
  assert.ok(
    lines.some((line) => line.startsWith('key 5ac67d  granting; alpha active; standby bravo ready, 120/120')),
  );
  assert.ok(lines.includes('  babe      ABx'));
  assert.ok(lines.includes('  grandpa   no claim yet'));
  assert.ok(lines.includes('  A alpha  B bravo'));
  assert.ok(lines.includes('  not-ready: 1, last 0 seconds ago, alpha'));
});

test('a small terminal says how many keys it does not show, and one line counts all', () => {
  const policies = Array.from({ length: 5 }, (_none, at) => policyOf({ key: `${KEY.slice(0, -1)}${at}` }));
  const lines = terminalLines(viewOf(factsOf({ policies })), 80, PLAIN, [], 23);
  assert.equal(lines.length, 23);
  assert.equal(lines[1], '5 keys: 5 granting (no active node: 5)');
  assert.equal(lines.filter((line) => line.startsWith('key ')).length, 3);
  assert.ok(lines.includes('... 2 more keys: `watchbill status --short` shows all'));
});

test('pages of other capabilities have a line each, in the colour of their state', () => {
  const look = (state: Look['state'], sentence: string) => ({ state, sentence });
  const others = [
    { name: 'nominate', url: 'http://one/', look: look('well', 'no round was decided yet') },
    { name: 'coordinate', url: 'http://two/', look: look('unwell', 'not healthy: alone') },
    { name: 'fleet', url: 'http://three/', look: look('silent', 'no program listens') },
  ];
  const tagged = (tag: string) => (text: string) => `${tag} ${text}`;
  const paint = { good: tagged('good'), warn: tagged('warn'), bad: tagged('bad'), quiet: tagged('quiet') };
  assert.deepEqual(terminalLines(viewOf(factsOf()), 200, paint, others).slice(-3), [
    'quiet nominate: no round was decided yet',
    'warn coordinate: not healthy: alone',
    'bad fleet: no program listens',
  ]);
});

test('the last drill, backup and verification have an age, or none yet', () => {
  const none = terminalLines(viewOf(factsOf()), 200, PLAIN);
  assert.equal(none.at(-1), 'upkeep: no drill yet; no backup yet; no verification yet');
  const atMs = NOW_MS - 9 * 86_400_000;
  const by = 'ada';
  const lastDrill = { atMs, by, state: 'ok', due: 1, granted: 1 } as const;
  const older = { ...lastDrill, atMs: atMs - 1, state: 'fail' } as const;
  const facts = factsOf({
    standbys: [standbyOf('alpha', { lastDrill: older }), standbyOf('bravo', { lastDrill })],
    upkeep: {
      lastExport: { atMs: NOW_MS - 7_200_000, by, lines: 3 },
      lastVerification: { atMs: NOW_MS - 60_000, by, verdict: 'unproven' },
    },
  });
  assert.equal(
    terminalLines(viewOf(facts), 200, PLAIN).at(-1),
    'upkeep: drill of bravo ok, 9 days ago; backup 2 hours ago; verification unproven, 1 minute ago',
  );
});

test('lines keep to a narrow terminal, and show the newest units', () => {
  const decisions = Array.from({ length: 64 }, (_none, at) =>
    decisionOf({ unit: String(at), node: at < 60 ? 'alpha' : 'bravo' }),
  );
  for (const width of [20, 30, 40, 80]) {
    const lines = terminalLines(viewOf(factsOf({ decisions, refusals: decisions })), width, PLAIN);
    for (const line of lines) assert.ok(line.length <= width, `${line.length} on ${width}: ${line}`);
    assert.ok(lines.some((line) => /^ {2}babe +A*BBBB$/.test(line)));
  }
});

test('a word that is longer than the line is cut', () => {
  assert.deepEqual(wrapped('ab cdefghijkl m', 6), ['ab', '  cdef', '  ghij', '  kl m']);
});
