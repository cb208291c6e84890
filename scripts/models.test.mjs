// How the result of a search is read, and which searches are chosen.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { plantTree } from './check/fixture-tree.mjs';
import { foundBefore, keepFound, searchKey } from './models/found.mjs';
import { readSearch } from './models/search.mjs';
import { choose, GROUPS } from './models.mjs';

const ALL = Object.values(GROUPS).flat();

const WHOLE = `
Full statespace search for:
	assertion violations	+
State-vector 92 byte, depth reached 28, errors: 0
   809000 states, stored
`;

test('a whole search without a violation holds', () => {
  assert.deepEqual(readSearch(WHOLE), { found: 'holds', states: 809_000 });
  assert.deepEqual(readSearch(WHOLE.replace('   809000', '5.7285e+07')).states, 57_285_000);
});

test('a search that was cut off proves nothing', () => {
  for (const cut of [
    'error: max search depth too small\n',
    'Warning: Search not completed\n',
    'pan: reached -DMEMLIM bound\npan: out of memory\n',
  ]) {
    assert.equal(readSearch(cut + WHOLE).found, 'unfinished');
  }
  assert.equal(readSearch('').found, 'unfinished');
  assert.equal(readSearch(WHOLE.replace('809000', '1')).found, 'unfinished');
});

test('a violation is named, and an unknown one is not the expected one', () => {
  const broken = (name) =>
    `pan:1: assertion violated  !(${name}) (at depth 21)\n${WHOLE.replace('errors: 0', 'errors: 1')}`;
  assert.equal(readSearch(broken('twoCertificates')).found, 'two certificates');
  assert.equal(readSearch(broken('signedTwice')).found, 'signed twice');
  assert.equal(readSearch(broken('grantedTwice')).found, 'granted twice');
  const uncounted = broken('grantedTwice').replace('errors: 1', 'errors: 2');
  assert.equal(readSearch(uncounted).found, 'unfinished');
  assert.equal(readSearch(broken('constructor')).found, 'unfinished');
  assert.equal(readSearch(broken('x').replace('!(x)', '(x)')).found, 'unfinished');
});

test('a control, an assumption and a witness expect a violation, all others expect none', () => {
  for (const { name, expected } of ALL) {
    assert.equal(expected === 'holds', !/^(control|assumption|reachable):/.test(name), name);
  }
});

test('only a control or an assumption leaves out a rule, unless the rule is redundant', () => {
  const redundant = ALL.filter(
    ({ expected, switches }) => expected === 'holds' && switches.some((each) => each.startsWith('BREAK_')),
  );
  assert.deepEqual(
    redundant.map(({ name }) => name),
    [
      'memory alone, repeats without a transaction',
      'own ledger: by lineage',
      'long: any part restored, repeats without a transaction',
      'long: own ledger for new grants and repeats',
      'long: an asked service keeps its work, with a base',
      'meaning: never adopted, the mark denies',
      'clock: the base without the lower bound',
      'observers: if each report raises the base, no round is granted',
      'long: redo, an intent does not count for rule 2b',
      'long: recovery: services run on',
      'long: recovery: a service serves during it',
    ],
  );
});

test('no two searches have one name, and each model exists', () => {
  assert.equal(new Set(ALL.map(({ name }) => name)).size, ALL.length);
  for (const { model } of ALL) {
    assert.ok(existsSync(new URL(`../spec/${model}`, import.meta.url)), model);
  }
});

test('each rule that a model can leave out is left out by a search of it', () => {
  for (const model of new Set(ALL.map((each) => each.model))) {
    const text = readFileSync(new URL(`../spec/${model}`, import.meta.url), 'utf8');
    const switches = ALL.filter((each) => each.model === model).flatMap((each) => each.switches);
    for (const [rule] of text.matchAll(/\bBREAK_[A-Z_]+\b/g))
      assert.ok(switches.includes(rule), `${model}: ${rule}`);
  }
});

test('a group and a text choose searches; long ones need a switch', () => {
  assert.deepEqual(choose(['duty'], '', true), GROUPS.duty);
  assert.equal(choose([], '', true).length, ALL.length);
  assert.ok(choose([], '', false).every(({ isLong }) => !isLong));
  assert.deepEqual(
    choose(['duty'], 'no base', false).map(({ name }) => name),
    ['memory alone, no base', 'control: no base'],
  );
  assert.throws(() => choose(['duties'], '', false), /unknown group duties; valid: duty, quorum/);
  assert.throws(() => choose(['quorum'], 'no base', false), /no search has "no base" in its name/);
});

test('a search is known by its verifier and flags, in any clone; only a whole search is kept', (t) => {
  const folder = plantTree(t, {}).root;
  const cache = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  t.after(() => {
    if (cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cache;
  });
  const keyOf = (model, code, ...rest) => {
    const sources = mkdtempSync(join(folder, 'pan-'));
    writeFileSync(join(sources, 'pan.c'), `{ "${model}", 29 }, ${code}`);
    return searchKey(sources, model, rest);
  };
  const key = keyOf('/a/one.pml', 'x', 'gcc 12', '-O1');
  assert.equal(keyOf('/b/one.pml', 'x', 'gcc 12', '-O1'), key);
  for (const other of [keyOf('/a/one.pml', 'y', 'gcc 12', '-O1'), keyOf('/a/one.pml', 'x', 'gcc 1', '2-O1')])
    assert.notEqual(other, key);
  assert.equal(foundBefore(key), undefined);
  keepFound(key, { found: 'unfinished', states: 7 });
  assert.equal(foundBefore(key), undefined);
  keepFound(key, { found: 'signed twice', states: 7 });
  assert.deepEqual(foundBefore(key), { found: 'signed twice', states: 7 });
});
