// Names that are meant to become something else: a path, a command, a flag, a control sequence, a property.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visible } from '@watchbill/kit';
import { parse, stringify } from 'yaml';
import { headText, IN_PODS, ON_DISKS } from '../testing/networks.ts';
import { readNetwork } from './read.ts';

const HOSTILE = [
  '../../etc/passwd',
  '/etc/passwd',
  'a; reboot',
  '$(reboot)',
  '`reboot`',
  "a'b",
  'a"b',
  'a\nb: {}',
  'a\u0000b',
  '\u001b[2J',
  '\u202eevil',
  '-oProxyCommand=reboot',
  '--validator',
  '__proto__',
  'constructor',
  'toString',
  '%i',
  '{{ .Values.x }}',
  'Größe',
  'a'.repeat(300),
  '',
  '.',
  '..',
];

type Tree = Record<string, unknown>;

/** Small, with a cluster, a machine and a parachain: it is read for each name at each place. */
const HEAD = headText({
  name: 'small',
  chain: '{name: assets, relay: {name: paseo}}',
  places: 'clusters: {east: {}}\nmachines: {iron: {host: 192.0.2.7}}',
  software: `${IN_PODS}, ${ON_DISKS}, command: node`,
});
const SMALL = `${HEAD}pools:
  collators: {role: collator, place: iron}
  archive: {role: archive, place: east}
`;
const tree = (): Tree => parse(SMALL) as Tree;
const inside = (value: Tree, key: string): Tree => value[key] as Tree;

function renamed(value: Tree, from: string, to: string): Tree {
  const entries = Object.entries(value).map(([key, one]) => [key === from ? to : key, one] as const);
  // Also `__proto__` becomes a key.
  return Object.fromEntries(entries);
}

/** Places of a network file at which a person writes a name of his choice. */
const POSITIONS: Readonly<Record<string, (name: string) => Tree>> = {
  network: (name) => ({ ...tree(), name }),
  pool: (name) => ({ ...tree(), pools: renamed(inside(tree(), 'pools'), 'archive', name) }),
  cluster: (name) => ({
    ...tree(),
    clusters: { ...inside(tree(), 'clusters'), ...Object.fromEntries([[name, {}]]) },
  }),
  machine: (name) => ({
    ...tree(),
    machines: { ...inside(tree(), 'machines'), ...Object.fromEntries([[name, { host: '192.0.2.8' }]]) },
  }),
  namespace: (name) => ({ ...tree(), clusters: { east: { namespace: name } } }),
  host: (name) => ({ ...tree(), machines: { iron: { host: name } } }),
  user: (name) => ({ ...tree(), machines: { iron: { host: '192.0.2.7', user: name } } }),
  secret: (name) => withPool('archive', { keys: { node: { source: 'secret', secret: name, peerId: null } } }),
  set: (name) => withPool('collators', { keys: { session: { source: 'secret', secret: 'a', set: name } } }),
  place: (name) => withPool('archive', { place: name }),
  runs: (name) => withPool('archive', { runs: name }),
  instance: (name) => withPool('archive', { instances: Object.fromEntries([[name, {}]]) }),
  parachain: (name) => ({
    ...tree(),
    chain: { ...inside(tree(), 'chain'), parachains: Object.fromEntries([[name, { name: 'assets' }]]) },
  }),
  monitoringNamespace: (name) => ({ ...tree(), monitoringNamespace: name }),
};

function withPool(name: string, change: Tree): Tree {
  const pools = inside(tree(), 'pools');
  return { ...tree(), pools: { ...pools, [name]: { ...inside(pools, name), ...change } } };
}

/** A name of Kubernetes, of systemd and of a folder. */
const SAFE = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

for (const [position, made] of Object.entries(POSITIONS))
  test(`a hostile name of a ${position} is refused with its place, or becomes no other thing`, () => {
    for (const name of HOSTILE) {
      const read = readNetwork(stringify(made(name)), new Map());
      if (!read.ok) {
        for (const { what, remedy, at } of read.problems) {
          assert.ok(what !== '' && remedy !== '' && at.line > 0, `${position} ${visible(name)}`);
        }
        continue;
      }
      for (const { place, kind, name: own, target } of read.graph.resources) {
        assert.match(place, SAFE, `${position} ${visible(name)}`);
        if (target === 'kubernetes' || kind === 'unit')
          assert.match(own, SAFE, `${position} ${visible(name)}`);
        else assert.ok(!own.includes('..') && !/[\p{Cc}\s;$`'"]/u.test(own), `${kind} ${visible(own)}`);
      }
    }
    assert.equal(({} as Tree).polluted, undefined);
  });

test('control: the file is accepted without hostile names', () => {
  const read = readNetwork(stringify(tree()), new Map());
  assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.problems));
});
