import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readNetwork } from '../compile/read.ts';
import { readsOf } from '../testing/live.ts';
import { readFixture, SOLO, WIDE } from '../testing/networks.ts';
import { planOffline } from './offline.ts';
import { planChanges } from './plan.ts';
import { planLines } from './show.ts';
import type { ShowOptions } from './show-place.ts';

const repository = (path: string) => readFileSync(new URL(`../../../../../${path}`, import.meta.url), 'utf8');

function shown(from: string | null, to: string, options: ShowOptions = {}): readonly string[] {
  const [living, wanted] = [from === null ? null : readFixture(from).graph, readFixture(to).graph];
  return planLines(planChanges(wanted, readsOf(living, wanted)), wanted.places, options);
}

test('the how-to shows the plan of the example in two places as it is', () => {
  const before = repository('examples/fleet/two-places/network.yaml');
  const after = before
    .replace('9f0c1b2a3d4e', '11111b2a3d4e')
    .replace('places: { frankfurt: 2, singapore: 1 }', 'places: { frankfurt: 2, singapore: 2 }')
    .replace('pruning: archive', 'pruning: 1000')
    .replace('rpc-rate-limit: 600', 'rpc-rate-limit: 900')
    .replace('max: 8', 'max: 9');
  const [living, wanted] = [readNetwork(before), readNetwork(after)];
  assert.ok(living.ok && wanted.ok);
  const lines = planLines(
    planChanges(wanted.graph, readsOf(living.graph, wanted.graph)),
    wanted.graph.places,
  );
  const page = repository('docs/fleet/how-to/plan-and-apply.md');
  const block = lines.slice(0, -2).join('\n');
  assert.ok(page.includes(`\n${block}\n`), `the page does not show:\n${block}`);
});

test('nothing to do is one line', () => {
  assert.deepEqual(shown(SOLO, SOLO), [
    'Nothing to do: all 14 resources of network harbour are as declared.',
  ]);
});

test('nodes that change alike share a line, and each has its own where that is asked for', () => {
  const more = SOLO.replace('count: 3', 'count: 9');
  const grouped = shown(null, more).filter((line) => line.includes('StatefulSet validators'));
  assert.deepEqual(grouped, [
    '    + create StatefulSet validators-main-0, validators-main-1 … validators-main-8 (9)   (nodes)',
  ]);
  assert.equal(
    shown(null, more, { each: true }).filter((line) => line.includes('StatefulSet validators')).length,
    9,
  );
});

test('a machine: unit, flags by name, executables with their digests', () => {
  const made = shown(null, WIDE, { all: true }).join('\n');
  assert.match(made, /^iron \(machine\)$/m);
  assert.match(made, /from https:\/\/example\.org\/node, SHA-256 efefefefefef…/);
  const changed = shown(
    WIDE,
    WIDE.replace('backup: {role: backup', 'backup: {role: backup, flags: {out-peers: 9}'),
  );
  assert.ok(changed.includes('        flags --out-peers: (not set) → 9'), changed.join('\n'));
});

test('a claim of a person is shown with the plan', () => {
  const { graph } = readFixture(SOLO);
  const lines = (claims: { readonly differentKeys: boolean }) =>
    planLines(planChanges(graph, readsOf(null, graph), [], claims), graph.places);
  assert.match(lines({ differentKeys: true }).join('\n'), /Claimed by --different-keys: no signer/);
  assert.doesNotMatch(lines({ differentKeys: false }).join('\n'), /Claimed/);
});

test('signers come first, then nodes that stop, then the rest, folded unless all is asked for', () => {
  const two = WIDE.replace('east: 2, iron: 1, west: 1', 'east: 2, iron: 1, west: 2')
    .replace('max: 9', 'max: 10')
    .replace('archive: {role: archive', 'archive: {role: archive, flags: {out-peers: 9}');
  const lines = shown(WIDE, two);
  const titles = lines.filter((line) => /^(Signers|Nodes|The rest)/.test(line));
  assert.deepEqual(titles, [
    'Signers:',
    'Nodes that stop, restart or sync anew:',
    'The rest, 1 step that touches no running node (--all shows each):',
  ]);
  const place = (text: string) => lines.findIndex((line) => line.includes(text));
  assert.ok(place('create StatefulSet collators-west-1') < place('Nodes that stop'));
  assert.ok(place('change StatefulSet archive-east-0') < place('The rest'));
  assert.ok(lines.includes('  east, pool rpc: change ScaledObject'));
  assert.equal(place('maxReplicaCount'), -1);
  const all = shown(WIDE, two, { all: true });
  assert.ok(all.some((line) => line.includes('maxReplicaCount: 9 → 10')));
});

test('every step is counted in the folded lines', () => {
  const lines = shown(null, WIDE);
  const steps = Number(/(\d+) to create/.exec(lines[0] ?? '')?.[1]);
  const rest = Number(/^The rest, (\d+) steps/m.exec(lines.join('\n'))?.[1]);
  const folded = lines.filter((line) => /^ {2}\w+, .*: create /.test(line));
  const counted = folded
    .flatMap((line) => line.replace(/^.*: create /, '').split(', '))
    .reduce((sum, part) => sum + Number(/^(\d+) /.exec(part)?.[1] ?? 1), 0);
  assert.equal(counted, rest);
  assert.equal(rest, steps - 4, 'four signers are shown one by one');
});

test('a plan without places shows what empty ones would get, and has no id that could be applied', () => {
  const { graph } = readFixture(WIDE);
  const plan = planOffline(graph);
  assert.equal(plan.steps.length, graph.resources.length);
  assert.deepEqual(plan.problems, []);
  assert.ok(!/^[0-9a-f]+$/.test(plan.id));
  const lines = planLines(plan, graph.places);
  assert.match(lines.at(-1) ?? '', /^No place was asked.*cannot be applied/);
  assert.ok(!lines.some((line) => line.startsWith('Plan ') && !line.startsWith('Plan for')));
});

test('a refusal says what, why, and what to do', () => {
  const { graph } = readFixture(SOLO);
  const down = { ok: false, place: 'main', reason: 'unreachable', detail: 'no route to host' } as const;
  const lines = planLines(planChanges(graph, [down]), graph.places);
  assert.deepEqual(lines.slice(0, 5), [
    'The plan for network harbour is refused and cannot be applied:',
    '',
    '  ! main',
    '    no route to host (unreachable: the place cannot be reached, so its objects are not known)',
    '    what to do: check that the place can be reached, and plan again',
  ]);
});

test('text from a cluster cannot steer a terminal', () => {
  const { graph } = readFixture(SOLO);
  const id = 'main/StatefulSet/harbour/rpc-main';
  const live = { [id]: { body: { spec: '\u001b[2J\u202eevil' } } };
  const plan = planChanges(graph, readsOf(graph, graph, { live }));
  const text = planLines(plan, graph.places, { all: true }).join('\n');
  assert.ok(text.includes('evil'));
  assert.ok(!/[^\P{Cc}\n]|\u202e/u.test(text));
  const said = { [id]: { ok: false, reason: 'invalid', detail: '\u001b[2Jevil' } } as const;
  const refused = planLines(
    planChanges(graph, readsOf(graph, graph, { proposals: said })),
    graph.places,
  ).join('\n');
  assert.ok(refused.includes('evil') && !/[^\P{Cc}\n]/u.test(refused));
});
