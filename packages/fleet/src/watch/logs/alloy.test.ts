import assert from 'node:assert/strict';
import { test } from 'node:test';
import { journalAlloy, podsAlloy } from './alloy.ts';
import { REDACTED, REDACTIONS } from './redact.ts';

const LOKI = {
  url: 'https://loki.example.org/loki/api/v1/push',
  tokenFile: '/etc/alloy/token',
  caFile: '/etc/alloy/ca.pem',
};
const NODES = [
  { name: 'boot-oslo-0', pool: 'boot', role: 'boot' },
  { name: 'rpc-oslo-0', pool: 'rpc', role: 'rpc' },
];
const JOURNAL = journalAlloy('estuary', 'oslo', NODES, LOKI);
const PODS = podsAlloy('estuary', 'frankfurt', 'nodes', LOKI);

/** Blocks with a name, as `loki.process "redact"`, without the content of strings. */
function outline(text: string) {
  const bare = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (found) => (/^"[a-z]+"$/.test(found) ? found : '""'));
  const blocks = [...bare.matchAll(/^([a-z.]+) "([a-z]+)" \{$/gm)].map(([, kind, name]) => `${kind}.${name}`);
  const used = [
    ...bare.matchAll(/\b((?:loki|discovery)\.[a-z]+(?:\.[a-z]+)?)\.(?:receiver|rules|output|targets)\b/g),
  ];
  return { bare, blocks, used: used.map(([, name]) => name) };
}

test('every block is closed, and every component that another one names is there', () => {
  for (const text of [JOURNAL, PODS]) {
    const { bare, blocks, used } = outline(text);
    assert.equal(bare.split('{').length, bare.split('}').length);
    assert.equal(new Set(blocks).size, blocks.length);
    assert.ok(used.length >= 3);
    for (const name of used)
      assert.ok(blocks.includes(name ?? ''), `${name} is not among ${blocks.join(', ')}`);
  }
});

test('both pipelines take out what could be a secret before anything leaves, and drop nothing', () => {
  for (const text of [JOURNAL, PODS]) {
    for (const { expression } of REDACTIONS)
      assert.ok(text.includes(`expression = ${JSON.stringify(expression)}`));
    assert.equal(text.split(`replace    = ${JSON.stringify(REDACTED)}`).length - 1, REDACTIONS.length);
    assert.doesNotMatch(text, /stage\.drop|stage\.limit|stage\.sampling|action = "drop"/);
    // Every line passes the redaction: one way leads to it, one from it.
    assert.equal(text.match(/forward_to\s*=\s*\[loki\.write\.hub\.receiver\]/g)?.length, 1);
    assert.match(text, /loki\.process "redact" \{\n {2}forward_to = \[loki\.write\.hub\.receiver\]/);
  }
});

test('lines carry network, place, pool, role and node; secrets of the way are files', () => {
  for (const label of ['node', 'pool', 'role']) assert.ok(JOURNAL.includes(`target_label = "${label}"`));
  assert.ok(JOURNAL.includes('watchbill-estuary-boot-oslo-0\\\\.service'));
  assert.ok(JOURNAL.includes('replacement = "boot-oslo-0"'));
  assert.ok(JOURNAL.includes('network = "estuary"') && JOURNAL.includes('place   = "oslo"'));
  assert.ok(PODS.includes('__meta_kubernetes_pod_label_watchbill_node'));
  assert.ok(PODS.includes('names = ["nodes"]'));
  for (const text of [JOURNAL, PODS]) {
    assert.match(text, /bearer_token_file = "\/etc\/alloy\/token"/);
    assert.match(text, /tls_config \{\n {6}ca_file = /);
  }
});
