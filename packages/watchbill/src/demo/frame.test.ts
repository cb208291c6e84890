import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionRecord } from '@watchbill/duty/service';
import { fit, pad, red, unpainted } from '@watchbill/kit/command/paint';
import { ansiScreen } from '@watchbill/kit/command/screen';
import { MEMBERS } from './cast.ts';
import { frame } from './frame.ts';
import type { Scene } from './show.ts';

const keys = ['ka', 'kb', 'kc', 'kd', 'ke'];
const refusal = {
  atMs: 1_763_000_000_000,
  outcome: 'unknown',
  reason: 'round-state-unknown',
  duty: 'grandpa',
  unit: '999/9999',
  parts: ['precommit'],
  node: 'charlie',
} as unknown as DecisionRecord;

/** As wide as it gets. */
function fullScene(): Scene {
  const signature = (node: string, duty: string, unit: string) => {
    return { atMs: 1, node, incarnation: 'i', key: 'k', duty, unit, part: 'precommit', digest: '0x' };
  };
  const last = MEMBERS.flatMap(({ node }) => [
    [`${node} babe`, signature(node, 'babe', '17630000001')] as const,
    [`${node} grandpa`, signature(node, 'grandpa', '999/9999')] as const,
  ]);
  const outage = { node: 'alpha-1', key: 'ka', pid: 4_194_303, atMs: 1, backMs: 100_001, planned: true };
  return {
    nowMs: 6_000_000,
    startedMs: 0,
    endsMs: 86_400_000,
    kills: true,
    url: 'http://127.0.0.1:65535',
    servicePid: 4_194_303,
    slot: 17_630_000_001,
    epoch: 999,
    round: { set: 999, round: 9_999, startMs: 0, endMs: 1, primary: 0, target: 0 },
    keys,
    watches: keys.map((key, index) => {
      return {
        chain: 'c',
        key,
        holder: index === 0 ? 'alpha-2' : 'bravo',
        live: true,
        term: '9999',
        ready: ['alpha-1'],
      };
    }),
    pids: new Map(MEMBERS.map(({ node }) => [node, 4_194_303])),
    live: {
      duties: 999_999,
      due: 999_999,
      missed: 9_999,
      conflicts: 99,
      signatures: 9_999_999,
      last: new Map(last),
      signedBy: new Map(MEMBERS.map(({ node }) => [node, 999_999])),
    },
    decisions: {
      granted: 9_999_999,
      denied: new Map([
        ['watch-moved', 999_999],
        ['unit-taken', 999_999],
        ['off-watch', 99_999],
      ]),
      unknown: new Map([['round-state-unknown', 9_999]]),
      refusals: [refusal, refusal, refusal, refusal],
    },
    outages: [outage, outage, { ...outage, backMs: null }],
  };
}

test('the view fits into 80 columns and 24 lines, however large its numbers', () => {
  const lines = frame(fullScene()).map(unpainted);
  assert.ok(lines.length <= 24, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 80, `${line.length}: ${line}`);
});

test('the view has the same number of lines before the first report', () => {
  const full = fullScene();
  const live = {
    duties: 0,
    due: 0,
    missed: 0,
    conflicts: 0,
    signatures: 0,
    last: new Map(),
    signedBy: new Map(),
  };
  const decisions = { granted: 0, denied: new Map(), unknown: new Map(), refusals: [] };
  const empty = {
    ...full,
    live,
    decisions,
    outages: [],
    watches: [],
    pids: new Map<string, number>(),
    endsMs: null,
  };
  assert.equal(frame(empty).length, frame(full).length);
});

test('it names the active node with its pid and how to kill it, and the addresses', () => {
  const text = frame({ ...fullScene(), pids: new Map([['alpha-2', 4242]]) })
    .map(unpainted)
    .join('\n');
  for (const part of [
    'kill -9 4242',
    'alpha-2, active',
    'page http',
    '/metrics',
    'conflicts 99',
    'simulated',
  ]) {
    assert.ok(text.includes(part), part);
  }
});

test('in few rows what to try stands in the second line, and all of the watch below it', () => {
  const lines = frame({ ...fullScene(), pids: new Map([['alpha-2', 4242]]) }, 15).map(unpainted);
  assert.match(lines[1] ?? '', /^Try kill -9 4242/);
  assert.match(lines.slice(0, 15).join('\n'), /conflicts 99/);
});

test('a line is cut to the width of the terminal, and a colour ends where it ended', () => {
  assert.equal(fit(`ab${red('cdef')}g`, 4, true), 'ab\u001b[31mcd\u001b[0m');
  assert.equal(fit(`ab${red('cd')}`, 4, true), `ab${red('cd')}`);
  assert.equal(fit(`ab${red('cdef')}g`, 6, false), 'abcdef');
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  const size = { rows: () => 24, columns: () => 60 };
  ansiScreen(write, { ...size, colour: true }).draw(frame(fullScene()));
  ansiScreen(write, { ...size, colour: false }).draw(frame(fullScene()));
  const [painted = '', plain = ''] = written;
  assert.notEqual(painted, unpainted(painted));
  assert.equal(plain, unpainted(plain));
  const shown = (text: string) =>
    unpainted(text)
      .split('\r\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
      .map((line) => line.replace(/\u001b\[[?0-9]*[a-zA-Z]/g, ''));
  for (const line of [...shown(painted), ...shown(plain)]) assert.ok(line.length <= 60, line);
});

test('padding cuts a text that is too long', () => {
  assert.deepEqual([pad('ab', 4), pad('abcd', 4), pad('abcdef', 4)], ['ab  ', 'abc ', 'abc ']);
});

test('frames are drawn in one write each, never over the end of the screen, and the terminal is given back', () => {
  const written: string[] = [];
  const screen = ansiScreen((text) => written.push(text), { rows: () => 2, columns: () => 80, colour: true });
  screen.draw(['one', 'two', 'three']);
  screen.draw(['four']);
  screen.close();
  screen.close();
  assert.equal(written.length, 3);
  assert.ok(written[0]?.startsWith('\u001b[?1049h') && !written[0].includes('three'));
  assert.ok(written[1]?.startsWith('\u001b[H') && !written[1].includes('\u001b[2J'));
  assert.ok(written[2]?.endsWith('\u001b[?1049l'));
});
