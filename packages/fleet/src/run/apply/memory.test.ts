import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import type { Place } from '../../file/graph/index.ts';
import {
  compactLines,
  isEmptyOf,
  type Memory,
  type MemoryLine,
  memoryText,
  memoryOf as mergedOf,
  missingLines,
  nameBeside,
  placesElsewhere,
  readMemory,
  sameRemembered,
  unfinishedElsewhere,
} from './memory.ts';

const FRA: Place = { target: 'kubernetes', name: 'fra', context: 'fra', namespace: 'net' };
const IRON: Place = { target: 'machine', name: 'iron', host: '192.0.2.7', port: 22, user: 'root' };
const has = (id: string, place: Place, identity: string): MemoryLine => ({
  what: 'has',
  id,
  place,
  identity,
});

function memoryOf(...lines: readonly MemoryLine[]): Memory {
  const read = readMemory(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 'net');
  assert.ok(read.ok);
  return read.memory;
}

const elsewhere = (memory: Memory, places: readonly Place[], identities: Readonly<Record<string, string>>) =>
  placesElsewhere(memory, places, identities).map(({ place }) => place.name);

test('a place that the file does not name, or names as another one, is elsewhere', () => {
  const memory = memoryOf(has('1', FRA, 'uid-1'), has('2', IRON, 'id-1'));
  assert.deepEqual(elsewhere(memory, [FRA, IRON], { fra: 'uid-1', iron: 'id-1' }), []);
  assert.deepEqual(elsewhere(memory, [IRON], { iron: 'id-1' }), ['fra']);
  assert.deepEqual(elsewhere(memory, [FRA, IRON], { fra: 'uid-2', iron: 'id-2' }), ['fra', 'iron']);
  const moved: Place = { ...FRA, namespace: 'other' };
  assert.deepEqual(elsewhere(memory, [moved, IRON], { fra: 'uid-1', iron: 'id-1' }), ['fra']);
  const renamed: Place = { ...FRA, name: 'frankfurt', context: 'admin@fra' };
  assert.deepEqual(elsewhere(memory, [renamed, IRON], { frankfurt: 'uid-1', iron: 'id-1' }), []);
});

test('what is forgotten is what was seen then, and not what was said later', () => {
  const gone: MemoryLine = { what: 'gone', ids: ['1'] };
  assert.deepEqual(elsewhere(memoryOf(has('1', FRA, 'uid-1'), gone), [], {}), []);
  const again = memoryOf(has('1', FRA, 'uid-1'), has('2', FRA, 'uid-1'), gone);
  assert.deepEqual(elsewhere(again, [], {}), ['fra']);
  assert.deepEqual(sameRemembered(again, FRA, 'uid-1').map(field('id')), ['2']);
});

test('a damaged line, or the memory of another network, is not relied on', () => {
  const line = `${JSON.stringify(has('1', FRA, 'uid-1'))}\n`;
  for (const text of [`${line}{"what":"ha`, `${line}{"what":"has","id":"2"}\n${line}`, 'x\n'])
    assert.equal(readMemory(text, 'net').ok, false, text);
  const head: MemoryLine = { what: 'memory', format: 'watchbill/memory/1', network: 'net' };
  assert.equal(readMemory(`${JSON.stringify(head)}\n`, 'net').ok, true);
  assert.equal(readMemory(`${JSON.stringify(head)}\n`, 'other').ok, false);
});

test('two places with the same name differ by their identity', () => {
  assert.equal(nameBeside('fra', new Set(['iron'])), 'fra');
  assert.equal(nameBeside('fra', new Set(['fra'])), 'fra-before');
  assert.equal(nameBeside('fra', new Set(['fra', 'fra-before'])), 'fra-before-2');
});

test('a place is empty if a plan would remove no object there and no signer may run there', () => {
  const one = {
    id: 'fra/ConfigMap/net/a',
    place: 'fra',
    kind: 'ConfigMap',
    name: 'a',
    network: 'net',
    subject: { pool: null, node: null, role: null, keySet: null },
    lifecycle: 'reconcile',
    body: {},
    fingerprint: '',
  } as const;
  const live = (change: object) => new Map([[one.id, { ...one, ...change }]]);
  assert.equal(isEmptyOf('net', new Map()), true);
  assert.equal(isEmptyOf('net', live({})), false);
  assert.equal(isEmptyOf('net', live({ network: null })), true);
  assert.equal(isEmptyOf('net', live({ lifecycle: 'create-once' })), true);
  const pod = { kind: 'Pod', network: null, subject: { ...one.subject, keySet: 'set.one' } };
  assert.equal(isEmptyOf('net', live(pod)), false);
});

const begun = (run: string, signing: readonly string[] = ['s']): MemoryLine => ({
  what: 'begun',
  plan: 'p',
  journal: `of ${run}`,
  atMs: 0,
  run,
  by: 'alice@laptop',
  signing,
});

test('memories merge in any order, also when a place is forgotten before it is known', () => {
  const mine: readonly MemoryLine[] = [{ what: 'gone', ids: ['1'] }, { what: 'partial' }];
  const theirs = [has('1', FRA, 'uid-1'), has('2', IRON, 'id-1'), begun('r1'), begun('r2')];
  const more = missingLines(mine, [...theirs, ...mine]);
  assert.deepEqual(more, theirs);
  assert.deepEqual(missingLines([...mine, ...more], theirs), []);
  for (const lines of [
    [...mine, ...more],
    [...more, ...mine],
  ])
    assert.deepEqual(elsewhere(mergedOf(lines), [], {}), ['iron']);
  assert.equal(mergedOf([...mine, { what: 'complete' }]).isPartial, false);
  assert.equal(mergedOf(mine).isPartial, true);
  assert.equal(mergedOf([]).isPartial, true, 'an empty memory knows no place');
});

test('a run of another folder is unfinished until it ended or a person gave it up', () => {
  const open = (...lines: readonly MemoryLine[]) =>
    unfinishedElsewhere(mergedOf([begun('r1'), begun('r2', []), ...lines]), ['of r3']).map(({ run }) => run);
  assert.deepEqual(open(), ['r1']);
  assert.deepEqual(open(begun('r3')), ['r1'], 'this folder knows its journal');
  assert.deepEqual(open({ what: 'ended', runs: ['r1'] }), []);
  assert.deepEqual(open({ what: 'abandoned', journal: 'of r1' }), []);
});

test('the copy in a place keeps every open run and drops old ones, and reads as the same memory', () => {
  const old = Array.from({ length: 200 }, (_, at) => begun(`o${at}`));
  const ended: MemoryLine = { what: 'ended', runs: Array.from({ length: 199 }, (_, at) => `o${at + 1}`) };
  const gone: MemoryLine = { what: 'gone', ids: ['1', ...Array.from({ length: 600 }, (_, at) => `g${at}`)] };
  const places = [has('1', FRA, 'uid-1'), has('2', IRON, 'id-1')];
  const kept = compactLines([{ what: 'complete' }, ...places, gone, ...old, ended]);
  const read = readMemory(memoryText('net', kept), 'net');
  assert.ok(read.ok);
  const { memory } = read;
  assert.deepEqual(unfinishedElsewhere(memory, []).map(field('run')), ['o0']);
  assert.ok(memory.begun.length <= 51, String(memory.begun.length));
  assert.deepEqual(
    memory.places.map(({ place }) => place.name),
    ['iron'],
  );
  assert.equal(memory.isPartial, false);
  assert.ok(memoryText('net', kept).length < 40_000);
});
