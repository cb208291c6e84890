import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verdict } from '../run/verdict.ts';
import { keyOf } from '../testing/start-guard.ts';
import { GUARD_METRICS } from './catalogue.ts';
import { guardMetrics } from './metrics.ts';

const verdict = (kind: string, digits: string, state: Verdict['state']): Verdict => ({
  name: keyOf(kind, digits).name,
  state,
  say: 'test',
});

function assertLines(served: string, lines: readonly string[]): void {
  for (const line of lines) assert.ok(served.split('\n').includes(line), `${line} is not in\n${served}`);
}

test('states, waits, placements and refusals are counted by kind', async () => {
  let nowMs = 0;
  const { eventsOf, text } = guardMetrics(['gran', 'audi'], () => nowMs);
  const events = eventsOf(null);
  events.started();
  events.verdicts([verdict('gran', 'a1', 'waiting'), verdict('audi', 'a2', 'open')]);
  nowMs = 5_000;
  events.verdicts([verdict('gran', 'a1', 'refused'), verdict('audi', 'a2', 'open')]);
  events.verdicts([verdict('gran', 'a1', 'refused'), verdict('audi', 'a2', 'open')]);
  events.placed(keyOf('audi', 'a2').name);
  events.unread('own node');
  events.unread('wss://node-1');
  events.lapsed();
  const served = await text();
  assertLines(served, [
    'watchbill_guard_node_up 1',
    'watchbill_guard_node_starts_total 1',
    'watchbill_guard_keys{kind="gran",state="refused"} 1',
    'watchbill_guard_keys{kind="gran",state="waiting"} 0',
    'watchbill_guard_keys{kind="audi",state="open"} 1',
    'watchbill_guard_key_wait_seconds{kind="gran"} 5',
    'watchbill_guard_key_wait_seconds{kind="audi"} 0',
    'watchbill_guard_keys_placed_total{kind="audi"} 1',
    'watchbill_guard_keys_placed_total{kind="gran"} 0',
    'watchbill_guard_refusals_total{kind="gran"} 1',
    'watchbill_guard_failed_readings_total{node="own"} 1',
    'watchbill_guard_failed_readings_total{node="witness"} 1',
    'watchbill_guard_lapses_total 1',
  ]);
  for (const { name } of Object.values(GUARD_METRICS))
    assert.match(served, new RegExp(`^# TYPE ${name} `, 'm'));
});

test('a standby waits for no key, and the active machine of a pair shows it', async () => {
  let nowMs = 0;
  const { eventsOf, text } = guardMetrics(['gran'], () => nowMs, { pairs: ['/pair/'] });
  const events = eventsOf('/pair/');
  events.verdicts([verdict('gran', 'a1', 'waiting')]);
  nowMs = 5_000;
  events.verdicts([verdict('gran', 'a1', 'waiting')]);
  assertLines(await text(), [
    'watchbill_guard_key_wait_seconds{kind="gran"} 0',
    'watchbill_guard_active{pair="/pair/"} 0',
    // So that an alert sees the first one.
    'watchbill_guard_fences_total{result="unknown"} 0',
  ]);
  events.standing({ role: 'active', term: 1n, isNew: true, lastSlot: null, handTo: null });
  events.verdicts([verdict('gran', 'a1', 'waiting')]);
  nowMs = 8_000;
  events.verdicts([verdict('gran', 'a1', 'waiting')]);
  events.roleLost();
  events.pairUnread();
  events.fenced('alpha', true);
  assertLines(await text(), [
    'watchbill_guard_key_wait_seconds{kind="gran"} 3',
    'watchbill_guard_active{pair="/pair/"} 1',
    'watchbill_guard_role_losses_total 1',
    'watchbill_guard_pair_failures_total 1',
    'watchbill_guard_fences_total{result="off"} 1',
  ]);
});

test('a wait ends when all keys of the kind are placed, and a second refusal counts again', async () => {
  let nowMs = 0;
  const { eventsOf, text } = guardMetrics(['gran'], () => nowMs);
  const events = eventsOf(null);
  for (const state of ['refused', 'open', 'refused'] as const) {
    events.verdicts([verdict('gran', 'a1', state), verdict('gran', 'a2', 'open')]);
    nowMs += 1_000;
  }
  events.ended();
  assertLines(await text(), [
    'watchbill_guard_refusals_total{kind="gran"} 2',
    'watchbill_guard_key_wait_seconds{kind="gran"} 0',
    'watchbill_guard_node_up 0',
  ]);
});
