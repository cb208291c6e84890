import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { JsonRecord } from '@watchbill/kit';
import { type NetworkRead, readNetwork } from '../compile/read.ts';
import type { Resource } from '../graph/resource.ts';
import { peerIdOf } from '../node-key/peer-id.ts';
import { headText, IMAGE, IN_PODS, ON_DISKS } from '../testing/networks.ts';

const idOf = (byte: number): string => peerIdOf(new Uint8Array(32).fill(byte));
const [ID, OTHER, STRANGER] = [idOf(1), idOf(2), idOf(3)] as const;
const ALONE = '{"name":"own","bootNodes":[]}';

interface Case {
  readonly spec?: string;
  readonly chain?: string;
  readonly places?: string;
  readonly pools: string;
}

const TWO_CLUSTERS = 'clusters: {east: {context: e, namespace: nodes}, west: {context: w}}';
const TWO_MACHINES = 'machines: {iron: {host: 192.0.2.7}, tin: {host: tin.example.org}}';

function read({ spec = ALONE, chain, places = TWO_CLUSTERS, pools }: Case, here = false): NetworkRead {
  const sha256 = createHash('sha256').update(spec).digest('hex');
  const head = headText({
    name: 'own',
    chain: chain ?? `{spec: {file: chain.json, sha256: ${sha256}}}`,
    places: `toolsImage: "${IMAGE}"\n${places}`,
    software: `${IN_PODS}, ${ON_DISKS}`,
  });
  return readNetwork(`${head}pools:\n${pools}`, new Map([['chain.json', spec]]), { here });
}

/** `PATH LINE`, what, remedy of the problems. */
function refused(one: Case): readonly string[] {
  const found = read(one);
  assert.ok(!found.ok, 'it was accepted');
  return found.problems.map(({ path, at, what, remedy }) => `${path} ${at.line}: ${what}; ${remedy}`);
}

/** Boot nodes on the command line of each node, by its name; after ` -- ` those of the relay chain. */
function told(one: Case): Readonly<Record<string, string>> {
  const found = read(one);
  assert.ok(found.ok, JSON.stringify(found));
  const ofNode = ({ name, kind }: Resource) => kind === 'StatefulSet' || name.endsWith('.service');
  return Object.fromEntries(
    found.graph.resources.filter(ofNode).map((resource) => [nameOf(resource), bootsIn(resource)]),
  );
}

const nameOf = ({ name }: Resource): string => name.replace(/^watchbill-own-|\.service$/g, '');

function bootsIn({ body }: Resource): string {
  const words = JSON.stringify(body as unknown as JsonRecord).split(/["\s]+/);
  return words
    .flatMap((word) => /^(?:\\?)(?:--bootnodes=(.*?)|(--))\\?$/.exec(word)?.slice(1).filter(Boolean) ?? [])
    .join(' ')
    .trim();
}

const bootAt = (place: string, id = ID, more = '') =>
  `  boot-${place}: {role: boot, place: ${place}, keys: {node: {peerId: ${id}}}${more}}\n`;

describe('nodes of a chain that brings no boot nodes along are refused where they could not meet', () => {
  test('no node is known', () => {
    const pools = '  v: {role: validator, places: {east: 2, west: 2}}\n';
    const [problem = '', ...more] = refused({ pools });
    assert.deepEqual(more, []);
    assert.match(
      problem,
      /^chain\.spec 3: chain\.json names no boot nodes.*its 4 nodes would not find each other.*role boot.*peerId/,
    );
  });

  test('one place reaches no boot node while another does', () => {
    const pools = `${bootAt('east')}  v: {role: validator, places: {east: 2, west: 2}}\n`;
    const found = refused({ pools });
    assert.equal(found.length, 2, 'each of the two would be alone');
    for (const one of found)
      assert.match(
        one,
        /^pools\.boot-east\.exposure\.address 9: v-west-\d at west would meet no other node: boot-east-east-0 has no address that is known there; write exposure\.address/,
      );
  });

  test('each place has a boot node, and the places do not know each other', () => {
    const pools = `${bootAt('east')}${bootAt('west', OTHER)}  v: {role: validator, places: {east: 2, west: 1}}\n`;
    const [problem = '', ...more] = refused({ pools });
    assert.deepEqual(more, []);
    assert.match(problem, /^pools\.boot-east\.exposure\.address 9: boot-west-west-0 and 1 more at west/);
  });

  test('a specification that is fetched, with a boot node for one place alone', () => {
    const chain = `{spec: {url: "https://example.org/c.json", sha256: ${'cd'.repeat(32)}}}`;
    const nodes = '  v: {role: validator, places: {east: 1, west: 1}}\n';
    assert.equal(refused({ chain, pools: bootAt('east') + nodes }).length, 1);
    assert.ok(read({ chain, pools: nodes }).ok, 'it may name boot nodes');
  });

  test('a chain for development, a machine with a name of ssh, and the relay chain beside a parachain', () => {
    const pools = '  v: {role: validator, place: east, count: 2}\n';
    assert.match(
      refused({ chain: '{name: rococo-local}', pools })[0] ?? '',
      /^chain\.name 3: rococo-local names no/,
    );
    const places = 'machines: {iron: {host: iron}, tin: {host: 192.0.2.8}}';
    const spread = `${bootAt('iron')}  v: {role: validator, place: tin, count: 1}\n`;
    assert.match(refused({ places, pools: spread })[0] ?? '', /v-tin-0 at tin would meet no other node/);
    const sha256 = createHash('sha256').update(ALONE).digest('hex');
    const chain = `{name: para, relay: {spec: {file: chain.json, sha256: ${sha256}}}}`;
    const one = '  c: {role: collator, place: east, count: 1}\n';
    assert.match(
      refused({ chain, pools: one })[0] ?? '',
      /^chain\.relay\.spec 3: .* c-east-0 would find no other node/,
    );
    const relay = `${bootAt('west', OTHER, ', runs: relay')}  v: {role: validator, place: west}\n`;
    assert.match(
      refused({ chain, pools: one + relay })[0] ?? '',
      /c-east-0 at east would meet no other node: boot-west/,
    );
  });
});

describe('what is accepted', () => {
  const pools = '  v: {role: validator, places: {east: 2, west: 2}}\n';

  test('one node; chains that others run; places that are all this machine', () => {
    assert.ok(read({ pools: '  v: {role: validator, place: east, count: 1}\n' }).ok);
    assert.ok(read({ chain: '{name: westend}', pools }).ok);
    assert.ok(read({ spec: `{"bootNodes":["/dns/boot.example.org/tcp/30333/p2p/${STRANGER}"]}`, pools }).ok);
    assert.ok(read({ pools }, true).ok);
    assert.ok(!read({ pools }).ok);
  });

  test('peers that are written by hand, and nodes that ask their local network', () => {
    for (const flags of [`reserved-nodes: ["/ip4/192.0.2.9/tcp/30333/p2p/${STRANGER}"]`, 'no-mdns: false'])
      assert.ok(read({ pools: pools.replace('role', `flags: {${flags}}, role`) }).ok, flags);
  });
});

describe('boot nodes of each node', () => {
  test('on machines by the address that the file has, on the same one by loopback', () => {
    const pools = `${bootAt('iron')}  v: {role: validator, places: {iron: 1, tin: 1}, ports: {p2p: 30500, rpc: 9950, metrics: 9700}}\n`;
    assert.deepEqual(told({ places: TWO_MACHINES, pools }), {
      'boot-iron-iron-0': '',
      'v-iron-0': `/ip4/127.0.0.1/tcp/30333/p2p/${ID}`,
      'v-tin-0': `/ip4/192.0.2.7/tcp/30333/p2p/${ID}`,
    });
    const named = `${bootAt('tin')}  v: {role: validator, place: iron}\n`;
    assert.equal(
      told({ places: TWO_MACHINES, pools: named })['v-iron-0'],
      `/dns/tin.example.org/tcp/30333/p2p/${ID}`,
    );
  });

  test('without a boot node, of those whose peer id is written; more nodes change no command line', () => {
    const pool = (count: number, more = '') =>
      `  v: {role: validator, place: east, count: ${count}, instances: {east-0: {keys: {node: {peerId: ${ID}}}}, east-1: {keys: {node: {peerId: ${OTHER}}}}${more}}}\n`;
    const two = told({ pools: pool(2) });
    const at = (index: number): string =>
      `/dns/v-east-${index}-0.v-east.nodes.svc.cluster.local/tcp/30333/p2p/`;
    const [first, second] = [at(0), at(1)] as const;
    assert.deepEqual(two, { 'v-east-0': second + OTHER, 'v-east-1': first + ID });
    const three = told({ pools: pool(3, `, east-2: {keys: {node: {peerId: ${STRANGER}}}}`) });
    assert.deepEqual({ ...three, 'v-east-2': undefined }, { ...two, 'v-east-2': undefined });
    assert.equal(three['v-east-2'], `${first}${ID} ${second}${OTHER}`);
  });

  test('on a chain with nodes elsewhere, nodes learn only boot nodes with an address', () => {
    const places = TWO_MACHINES;
    const pools = `${bootAt('iron')}  v: {role: validator, place: tin, instances: {tin-0: {keys: {node: {peerId: ${OTHER}}}}}}\n`;
    assert.deepEqual(told({ chain: '{name: westend}', places, pools }), {
      'boot-iron-iron-0': '',
      'v-tin-0': '',
    });
  });
});

test('a plan has the nodes of one chain, and whether other nodes are known to run it', () => {
  const pools = `${bootAt('east', ID, ', exposure: {address: /ip4/192.0.2.1/tcp/30333}')}  v: {role: validator, place: east, count: 2}\n  rpc: {role: rpc, place: west, count: 2}\n`;
  const chainsOf = (one: Omit<Case, 'pools'>) => {
    const found = read({ ...one, pools });
    assert.ok(found.ok, JSON.stringify(found));
    return found.graph.chains;
  };
  const nodes = ['boot-east-east-0', 'v-east-0', 'v-east-1']
    .map((name) => `east/StatefulSet/nodes/${name}`)
    .concat('west/StatefulSet/own/rpc-west');
  assert.deepEqual(chainsOf({}), [{ ownOnly: true, nodes }]);
  assert.deepEqual(chainsOf({ chain: '{name: westend}' }), [{ ownOnly: false, nodes }]);
  const byId = `/dns/somewhere.example.org/tcp/1/p2p/${ID}`;
  const byAddress = `/dns4/v-east-1-0.v-east.nodes.svc.cluster.local/tcp/30333/p2p/${STRANGER}`;
  const stranger = `/dns/boot.example.org/tcp/30333/p2p/${STRANGER}`;
  const specOf = (...bootNodes: readonly string[]) => chainsOf({ spec: JSON.stringify({ bootNodes }) });
  assert.deepEqual(specOf(byId, byAddress)?.[0]?.ownOnly, true);
  assert.deepEqual(specOf(byId, stranger)?.[0]?.ownOnly, false);
});
