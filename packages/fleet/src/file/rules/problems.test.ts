import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filesOf, readNetwork } from '../compile/read.ts';
import { servicesMark } from '../graph/key-set.ts';
import { PROBLEM_CODES, type ProblemCode } from '../network/problem.ts';
import { IMAGE, readFixture, SOLO, SPEC_TEXT, WIDE } from '../testing/networks.ts';

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

const HEAD = `format: watchbill/network/1
name: harbour
chain: {name: westend}
clusters: {main: {}}
defaults:
  software: {image: "${IMAGE}", sdk: stable2509}
pools:
`;

const PARACHAIN = HEAD.replace('{name: westend}', '{name: para, relay: {name: paseo}}');

const MACHINE = HEAD.replace('clusters: {main: {}}', 'machines: {iron: {host: 192.0.2.7}}').replace(
  /software: .*/,
  `software: {binary: {source: /node, sha256: ${'ab'.repeat(32)}}, sdk: stable2509}`,
);

const TWO_MACHINES = MACHINE.replace('192.0.2.7}', '192.0.2.7}, tin: {host: 192.0.2.8}');
const SAME_KEYS = '{session: {source: secret, secret: "{node}-keys", set: one, types: {babe: sr25519}}}';

const EXTRA = `{name: logs, image: "${IMAGE}", cpu: 0.1, memoryGiB: 0.1}`;

/** `CODE PATH LINE:COLUMN`, what, what to do. */
type Wanted = readonly [where: string, what: RegExp, remedy: RegExp];

/** Files with one thing wrong, each with the one problem that must be found. */
const WRONG: Readonly<Record<string, readonly [text: string, wanted: Wanted]>> = {
  'broken YAML': ['format: [', ['syntax  1:10', /not valid YAML/, /indentation/]],
  'a key that stands twice': [
    `${SOLO}name: again\n`,
    ['syntax  10:1', /Map keys must be unique/, /correct the text/],
  ],
  'another format': [
    SOLO.replace('network/1', 'network/9'),
    ['wrong-value format 1:9', /format/, /write `format: watchbill\/network\/1`/],
  ],
  'nothing at all': ['', ['wrong-value format 1:1', /format/, /as the first line/]],
  'a misspelt key': [
    `${HEAD}  v: {role: validator, cuont: 2}\n`,
    ['unknown-key pools.v.cuont 8:24', /unknown key pools\.v\.cuont/, /did you mean count\?/],
  ],
  'a misspelt key far down': [
    `${HEAD}  v: {role: rpc, storage: {chainGib: 2}}\n`,
    ['unknown-key pools.v.storage.chainGib 8:28', /chainGib/, /did you mean chainGiB\?/],
  ],
  'a misspelt key of an instance': [
    `${HEAD}  v: {role: rpc, instances: {main-0: {storag: {}}}}\n`,
    ['unknown-key pools.v.instances.main-0.storag 8:39', /storag/, /did you mean storage\?/],
  ],
  'a word of other tools': [
    `${HEAD}  v: {role: rpc, replicas: 2}\n`,
    ['unknown-key pools.v.replicas 8:18', /replicas/, /did you mean count\?/],
  ],
  'a key of a section': [
    `${HEAD}  v: {role: rpc, chainGiB: 2}\n`,
    ['unknown-key pools.v.chainGiB 8:18', /chainGiB/, /did you mean storage\.chainGiB\?/],
  ],
  'a seed in the file': [
    `${HEAD}  v: {role: validator, seed: "//Alice"}\n`,
    ['unknown-key pools.v.seed 8:24', /unknown key pools\.v\.seed$/, /no seed stands in this file/],
  ],
  'a value of the wrong kind': [
    `${HEAD}  v: {role: rpc, count: many}\n`,
    ['wrong-value pools.v.count 8:25', /expected number/, /number without quotes\. Nodes at/],
  ],
  'a number out of range': [
    `${HEAD}  v: {role: rpc, pruning: 3, ports: {p2p: 80}}\n`,
    ['wrong-value pools.v.ports.p2p 8:43', /expected at least 1024/, /as expected/],
  ],
  'a jump host that is open to the world': [
    SOLO.replace(
      '{main: {}}',
      '{main: {infrastructure: {provider: aws, region: a, machineType: b, jumpMachineType: c, jumpImage: d, cidr: 10.1.0.0/16, adminCidrs: [0.0.0.0/0], sshPublicKey: ssh-ed25519 A}}}',
    ),
    ['wrong-value clusters.main.infrastructure.adminCidrs.0 4:144', /not every address/, /as expected/],
  ],
  'a section that is empty': [
    `${HEAD}  v:\n`,
    ['wrong-value pools.v 8:5', /expected object/, /write a section/],
  ],
  'half a section': [
    `${HEAD}  v: {role: rpc, autoscale: {by: cpu, min: 1, target: 70}}\n`,
    ['wrong-value pools.v.autoscale.max 8:29', /autoscale\.max is missing/, /add it/],
  ],
  'a role that there is not': [
    `${HEAD}  v: {role: miner}\n`,
    ['wrong-value pools.v.role 8:13', /expected one of/, /use one of: validator/],
  ],
  'a digest that YAML takes for a number': [
    MACHINE.replace('ab'.repeat(32), '1'.repeat(64)),
    ['wrong-value defaults.software.binary.sha256 6:46', /expected string/, /between quotes/],
  ],
  'an image by tag': [
    SOLO.replace(IMAGE, 'docker.io/parity/polkadot:v1.20.0'),
    ['wrong-value defaults.software.image 6:21', /by digest/, /by digest/],
  ],
  'no release': [
    SOLO.replace(', sdk: stable2509', ''),
    ['wrong-value pools.rpc.software.sdk 9:3', /software\.sdk is missing/, /sdk: stable2509/],
  ],
  'a pool without role': [
    `${HEAD}  v: {count: 2}\n`,
    ['wrong-value pools.v 8:3', /has no role/, /role: validator/],
  ],
  'no pool': [SOLO.replace(/pools:[\s\S]*/, ''), ['no-place pools 1:1', /no pool/, /preset/]],
  'no place': [
    SOLO.replace('clusters: {main: {}}\n', ''),
    ['no-place pools.rpc 8:3', /no cluster and no machine/, /clusters: \{main/],
  ],
  'one place of several': [
    SOLO.replace('{main: {}}', '{east: {context: e}, west: {}}').replace(/ {2}rpc.*\n/, ''),
    ['no-place pools.validators 8:3', /could run at east, west/, /place: east/],
  ],
  'a place that there is not': [
    `${HEAD}  v: {role: rpc, place: mian}\n`,
    ['unknown-place pools.v.place 8:25', /mian/, /did you mean main\?/],
  ],
  'one cluster under two names': [
    `${HEAD.replace('{main: {}}', '{main: {}, other: {}}')}  v: {role: rpc, place: main}\n`,
    ['contradiction clusters.other 4:22', /same cluster and namespace as main/, /context: NAME/],
  ],
  'one machine under two names': [
    `${MACHINE.replace('{iron: {host: 192.0.2.7}}', '{iron: {host: 192.0.2.7}, tin: {host: 192.0.2.7}}')}  v: {role: rpc, place: iron}\n`,
    ['contradiction machines.tin 4:37', /same machine as iron/, /name each machine once/],
  ],
  'places and count': [
    `${HEAD}  v: {role: rpc, places: {main: 1}, count: 2}\n`,
    ['contradiction pools.v.places 8:18', /also count/, /keep `places`/],
  ],
  'a node that there is not': [
    `${HEAD}  v: {role: rpc, instances: {main-7: {}}}\n`,
    ['unknown-instance pools.v.instances.main-7 8:30', /no node main-7/, /did you mean main-0\?/],
  ],
  'a cluster without image': [
    SOLO.replace(`image: "${IMAGE}", `, ''),
    ['software pools.rpc.software.image 9:3', /no image/, /REPOSITORY@sha256/],
  ],
  'a machine without binary': [
    `${MACHINE.replace(/binary: \{[^}]*\}, /, '')}  v: {role: rpc}\n`,
    ['software pools.v.software.binary 8:3', /no binary/, /binary: \{source/],
  ],
  'an unknown flag': [
    `${HEAD}  v: {role: rpc, flags: {out-peer: 3}}\n`,
    ['unknown-flag pools.v.flags.out-peer 8:26', /out-peer/, /did you mean out-peers\?/],
  ],
  'a flag with dashes': [
    `${HEAD}  v: {role: rpc, flags: {--out-peers: 3}}\n`,
    ['unknown-flag pools.v.flags.--out-peers 8:26', /with dashes/, /write out-peers/],
  ],
  'a flag of a later release': [
    `${HEAD}  v: {role: rpc, software: {sdk: stable2409}, flags: {pool-type: fork-aware}}\n`,
    ['flag-version pools.v.flags.pool-type 8:55', /stable2409 does not have/, /stable2412/],
  ],
  'a flag of an earlier SDK': [
    `${HEAD}  v: {role: rpc, flags: {ws-port: 9944}}\n`,
    ['flag-version pools.v.flags.ws-port 8:26', /no longer/, /ports\.rpc/],
  ],
  'a flag with the wrong value': [
    `${HEAD}  v: {role: rpc, flags: {sync: slow}}\n`,
    ['wrong-flag pools.v.flags.sync 8:26', /--sync/, /one of: full/],
  ],
  'a managed flag': [
    `${HEAD}  v: {role: rpc, flags: {base-path: /x}}\n`,
    ['managed-flag pools.v.flags.base-path 8:26', /sets it from storage/, /set storage/],
  ],
  'an unsafe flag': [
    `${HEAD}  v: {role: rpc, flags: {unsafe-rpc-external: true}}\n`,
    ['unsafe-flag pools.v.flags.unsafe-rpc-external 8:26', /refused/, /remove it/],
  ],
  'an unsafe flag by another door': [
    `${HEAD}  v: {role: rpc, customFlags: ["--unsafe-rpc-external"]}\n`,
    ['unsafe-flag pools.v.customFlags 8:18', /refused/, /remove it/],
  ],
  'a flag of a signer by its old name': [
    `${HEAD}  v: {role: rpc, customFlags: ["--authority"]}\n`,
    ['managed-flag pools.v.customFlags 8:18', /--authority .* sets it from role/, /set role/],
  ],
  'an unsafe flag in defaults': [
    `${HEAD.replace('pools:', '  flags: {alice: true}\npools:')}  v: {role: validator}\n`,
    ['unsafe-flag defaults.flags.alice 7:11', /publicly known key/, /remove it/],
  ],
  'a relay chain to ask, of a node that is of no parachain': [
    `${HEAD}  v: {role: rpc, flags: {relay-chain-rpc-urls: ["wss://relay.example.org"]}}\n`,
    ['wrong-flag pools.v.flags.relay-chain-rpc-urls 8:26', /no relay chain beside it/, /chain\.relay/],
  ],
  'a relay chain to ask, over HTTP': [
    `${PARACHAIN}  c: {role: collator, flags: {relay-chain-rpc-urls: ["https://relay.example.org"]}}\n`,
    ['wrong-flag pools.c.flags.relay-chain-rpc-urls 8:31', /not one of a WebSocket/, /wss:/],
  ],
  'a relay chain to ask, with a password': [
    `${PARACHAIN}  c: {role: collator, flags: {relay-chain-rpc-urls: ["wss://me:hush@relay.example.org"]}}\n`,
    ['wrong-flag pools.c.flags.relay-chain-rpc-urls 8:31', /relay\.example\.org has a password/, /wss:/],
  ],
  'a relay chain to ask, behind the dashes': [
    `${PARACHAIN}  c: {role: collator, relayFlags: {relay-chain-rpc-urls: ["wss://relay.example.org"]}}\n`,
    ['wrong-flag pools.c.relayFlags.relay-chain-rpc-urls 8:36', /flag of the parachain node/, /in flags:/],
  ],
  'a parachain that the file does not have': [
    `${PARACHAIN.replace('{name: paseo}', '{name: paseo}, parachains: {assets: {name: assets}}')}  c: {role: collator, runs: asset}\n`,
    ['chain pools.c.runs 8:29', /no chain asset/, /did you mean assets\?/],
  ],
  'parachains without a relay chain': [
    `${HEAD.replace('{name: westend}', '{name: westend, parachains: {assets: {name: assets}}}')}  v: {role: rpc}\n`,
    ['chain chain.parachains.assets 3:37', /assets has no relay chain/, /chain\.relay/],
  ],
  'a parachain with the name of the relay chain': [
    `${PARACHAIN.replace('{name: paseo}', '{name: paseo}, parachains: {relay: {name: assets}}')}  c: {role: collator}\n`,
    ['chain chain.parachains.relay 3:56', /name of another chain/, /another name/],
  ],
  'a validator of another parachain': [
    `${PARACHAIN.replace('{name: paseo}', '{name: paseo}, parachains: {assets: {name: assets}}')}  v: {role: validator, runs: assets}\n`,
    ['chain pools.v.runs 8:30', /a parachain has no validators/, /role: collator/],
  ],
  'a common flag among the custom ones': [
    `${HEAD}  v: {role: rpc, customFlags: ["--out-peers=3"]}\n`,
    ['wrong-flag pools.v.customFlags 8:18', /all nodes have/, /flags: \{out-peers/],
  ],
  'a scaled signer': [
    `${HEAD}  v: {role: validator, autoscale: {by: cpu, min: 1, max: 2, target: 70, prometheus: null}}\n`,
    ['signer-scaled pools.v.autoscale.max 8:53', /second copy would sign/, /raise count/],
  ],
  'signers in one set': [
    `${HEAD}  v: {role: validator, layout: one-set}\n`,
    ['signer-scaled pools.v.layout 8:24', /share one set/, /remove layout/],
  ],
  'nodes of one set that differ': [
    `${HEAD}  v: {role: rpc, instances: {main-0: {flags: {out-peers: 3}}}}\n`,
    ['contradiction pools.v.instances.main-0 8:30', /all alike/, /layout: set-each/],
  ],
  'a scaler without end': [
    `${HEAD}  v: {role: rpc, autoscale: {by: cpu, min: 3, max: 2, target: 70, prometheus: null}}\n`,
    ['contradiction pools.v.autoscale.max 8:47', /min 3 is above max 2/, /swap/],
  ],
  'a scaler of single sets': [
    `${HEAD}  v: {role: rpc, layout: set-each, autoscale: {by: cpu, min: 1, max: 2, target: 70, prometheus: null}}\n`,
    ['contradiction pools.v.autoscale.max 8:65', /a set for each node/, /one-set/],
  ],
  'a scaled machine': [
    `${MACHINE}  v: {role: rpc, autoscale: {by: cpu, min: 1, max: 2, target: 70, prometheus: null}}\n`,
    ['contradiction pools.v.autoscale.max 8:47', /nothing scales nodes there/, /autoscale: null/],
  ],
  'unknown sessions': [
    `${HEAD}  v: {role: rpc, autoscale: {by: connections, min: 1, max: 2, target: 70, prometheus: null}}\n`,
    ['contradiction pools.v.autoscale.max 8:55', /counted by Prometheus/, /autoscale\.prometheus/],
  ],
  'seeds for a node that does not sign': [
    `${HEAD}  v: {role: rpc, keys: {session: {source: secret, secret: s, types: {babe: sr25519}}}}\n`,
    ['keys pools.v.keys.session.source 8:35', /must not see seeds/, /remove keys\.session/],
  ],
  'a Secret that is not named': [
    `${HEAD}  v: {role: validator, keys: {session: {source: secret}}}\n`,
    [
      'keys pools.v.keys.session.source 8:41',
      /the name of the Secret, or the list of its keys, is missing/,
      /\{node\}-keys/,
    ],
  ],
  'a Secret of keys that are born': [
    `${HEAD}  v: {role: validator, keys: {session: {secret: a}}}\n`,
    ['keys pools.v.keys.session.secret 8:41', /not in a Secret/, /source: secret/],
  ],
  'half a node key': [
    `${HEAD}  v: {role: archive, keys: {node: {source: secret}}}\n`,
    ['keys pools.v.keys.node.source 8:36', /do not fit/, /both/],
  ],
  'one secret for two signers of a machine': [
    `${MACHINE}  v: {role: validator, count: 2, keys: {session: {source: secret, secret: s, set: "{node}", types: {babe: sr25519}}}}\n`,
    ['shared-seed pools.v.keys.session.secret 8:67', /reached by v-iron-0 and v-iron-1/, /\{node\}-keys/],
  ],
  'one Secret for two signers': [
    `${HEAD}  v: {role: validator, count: 2, keys: {session: {source: secret, secret: s, set: "{node}", types: {babe: sr25519}}}}\n`,
    ['shared-seed pools.v.keys.session.secret 8:67', /reached by v-main-0 and v-main-1/, /\{node\}-keys/],
  ],
  'one key set in two Secrets': [
    `${HEAD}  v: {role: validator, count: 2, keys: {session: {source: secret, secret: "{node}", set: same, types: {babe: sr25519}}}}\n`,
    ['shared-keys pools.v.keys.session.set 8:85', /all would sign/, /separate keys/],
  ],
  'one key set in two Secrets, and one of its nodes does not ask': [
    `${HEAD}  v: {role: validator, count: 2, keys: {session: {source: secret, secret: "{node}", set: same, types: {babe: sr25519}}}, instances: {main-0: {duty: {services: ["https://w:1"], secret: d}}}}\n`,
    ['shared-keys pools.v.keys.session.set 8:85', /v-main-1 would sign without asking/, /`duty`/],
  ],
  'one token for two': [
    `${HEAD}  v: {role: validator, count: 2, duty: {services: ["https://w:1"], secret: d}}\n`,
    ['shared-seed pools.v.duty.secret 8:68', /that of v-main-0 and v-main-1/, /\{node\}-duty/],
  ],
  'one name for two at the same services': [
    `${HEAD}  v: {role: validator, count: 2, duty: {services: ["https://w:1"], secret: "{node}", node: alpha}}\n`,
    ['duty pools.v.duty.node 8:86', /v-main-0 and v-main-1 .* the node alpha/, /node: "\{node\}"/],
  ],
  'one that signs nothing asks': [
    `${HEAD}  v: {role: archive, duty: {services: ["https://w:1"], secret: d}}\n`,
    ['duty pools.v.duty.secret 8:56', /does not sign/, /remove duty/],
  ],
  'a socket that a unit does not see': [
    `${MACHINE}  v: {role: validator, duty: {services: ["unix:/tmp/w.sock"], secret: d}}\n`,
    ['duty pools.v.duty.services 8:31', /machine iron, and does not see the socket/, /elsewhere in \/run/],
  ],
  'the same keys, and a service on each machine': [
    `${TWO_MACHINES}  v: {role: validator, places: {iron: 1, tin: 1}, keys: ${SAME_KEYS}, duty: {services: ["https://w:1", "unix:/run/w.sock"], secret: "{node}-duty"}}\n`,
    ['duty pools.v.duty.services 8:150', /v-iron-0 asks a service on its own machine/, /https addresses/],
  ],
  'the same keys, and each node asks another service': [
    `${HEAD}  v: {role: validator, count: 2, keys: ${SAME_KEYS}, duty: {services: ["https://w:1"], secret: "{node}-duty"}, instances: {main-1: {duty: {services: ["https://other:1"], secret: "{node}-duty"}}}}\n`,
    [
      'duty pools.v.instances.main-1.duty.services 8:212',
      /v-main-0 and v-main-1 have the same keys, and v-main-1 asks other services than v-main-0/,
      /the same for all of them/,
    ],
  ],
  'the same keys, and one node asks one service more': [
    `${HEAD}  v: {role: validator, count: 2, keys: ${SAME_KEYS}, duty: {services: ["https://w:1"], secret: "{node}-duty"}, instances: {main-1: {duty: {services: ["https://w:1", "https://other:1"], secret: "{node}-duty"}}}}\n`,
    ['duty pools.v.instances.main-1.duty.services 8:212', /asks other services/, /the same for all of them/],
  ],
  'the same keys in two clusters, and a service on the loopback of each': [
    `${HEAD.replace('{main: {}}', '{main: {}, east: {context: e}}')}  v: {role: validator, places: {main: 1, east: 1}, keys: ${SAME_KEYS}, duty: {services: ["http://127.0.0.1:1"], secret: "{node}-duty"}}\n`,
    ['duty pools.v.duty.services 8:151', /asks a service on its own machine/, /https addresses/],
  ],
  'the same keys on two machines, and one of the two does not ask': [
    `${TWO_MACHINES}  v: {role: validator, places: {iron: 1, tin: 1}, keys: ${SAME_KEYS}, instances: {tin-0: {duty: {services: ["https://w:1"], secret: d}}}}\n`,
    ['shared-keys pools.v.keys.session.set 8:107', /v-iron-0 would sign without asking/, /`duty`/],
  ],
  'a gate by its flags': [
    `${HEAD}  v: {role: validator, customFlags: ["--duty=off"]}\n`,
    ['managed-flag pools.v.customFlags 8:24', /^--duty follows/, /services/],
  ],
  'a gate, and the flag for none': [
    `${HEAD}  v: {role: validator, customFlags: ["--duty-off-confirmed"], duty: {services: ["https://w:1"], secret: d}}\n`,
    ['managed-flag pools.v.customFlags 8:24', /^--duty-off-confirmed follows/, /services/],
  ],
  'a permission service without TLS': [
    `${HEAD}  v: {role: validator, duty: {services: ["http://w:1"], secret: d}}\n`,
    ['wrong-value pools.v.duty.services.0 8:42', /https:\/\/HOST:PORT/, /as expected/],
  ],
  'one node key for two': [
    `${HEAD}  v: {role: archive, count: 2, keys: {node: {source: secret, secret: one}}}\n`,
    ['shared-keys pools.v.keys.node.secret 8:62', /one node key/, /another Secret/],
  ],
  'one node key for a set': [
    `${HEAD}  v: {role: rpc, keys: {node: {source: secret, secret: one}}}\n`,
    ['shared-keys pools.v.keys.node.secret 8:48', /are one set/, /set-each/],
  ],
  'a node key among seeds': [
    `${HEAD}  v: {role: validator, keys: {session: {source: secret, secret: s, types: {babe: sr25519}}, node: {source: secret, secret: s}}}\n`,
    ['shared-seed pools.v.keys.node.secret 8:116', /holds the seeds/, /separate Secrets/],
  ],
  'a token in the Secret of the node key of another node': [
    `${HEAD}  v: {role: validator, count: 2, keys: {node: {source: secret, secret: "{node}"}}, instances: {main-1: {duty: {services: ["https://w:1"], secret: v-main-0}}}}\n`,
    [
      'shared-seed pools.v.instances.main-1.duty.secret 8:139',
      /token of v-main-1 holds the node key of v-main-0/,
      /separate Secrets/,
    ],
  ],
  'a token among seeds': [
    `${HEAD}  v: {role: validator, keys: {session: {source: secret, secret: s, types: {babe: sr25519}}}, duty: {services: ["https://w:1"], secret: s}}\n`,
    [
      'shared-seed pools.v.duty.secret 8:128',
      /token of v-main-0 holds the seeds of v-main-0/,
      /separate Secrets/,
    ],
  ],
  'an unknown boot node': [
    `${HEAD}  b: {role: boot}\n`,
    ['keys pools.b.keys.node.peerId 8:3', /peer id is not known/, /main-0: \{keys/],
  ],
  'one peer id for two': [
    `${HEAD}  b: {role: boot, count: 2, keys: {node: {peerId: ${PEER}}}}\n`,
    ['keys pools.b.keys.node.peerId 8:43', /b-main-0 and b-main-1 have one peer id/, /a separate key/],
  ],
  'the RPC of a signer': [
    `${HEAD}  v: {role: validator, exposure: {rpc: cluster}}\n`,
    ['exposure pools.v.exposure.rpc 8:35', /must stay inside its pod/, /remove exposure\.rpc/],
  ],
  'a port of one pod alone': [
    `${HEAD}  v: {role: rpc, layout: set-each, count: 2, instances: {main-1: {ports: {p2p: 30555}}}}\n`,
    [
      'exposure pools.v.instances.main-1.ports.p2p 8:75',
      /v-main-1 has ports.p2p 30555, and v-main-0/,
      /a separate pool/,
    ],
  ],
  'the RPC of one pod alone': [
    `${HEAD}  v: {role: rpc, layout: set-each, count: 2, instances: {main-1: {exposure: {rpc: none}}}}\n`,
    [
      'exposure pools.v.instances.main-1.exposure.rpc 8:78',
      /has exposure.rpc none, and v-main-0 .* has cluster/,
      /a separate pool/,
    ],
  ],
  'a gateway that is not named': [
    `${HEAD}  v: {role: rpc, exposure: {rpc: gateway}}\n`,
    ['exposure pools.v.exposure.rpc 8:29', /belong together/, /gateway: \{name/],
  ],
  'a Service for peers of a set of pods': [
    `${HEAD}  v: {role: rpc, count: 2, exposure: {p2p: load-balancer}}\n`,
    ['exposure pools.v.exposure.p2p 8:39', /load-balancer would be that of none/, /layout: set-each/],
  ],
  'an address of a set of pods': [
    `${HEAD}  v: {role: rpc, exposure: {address: "/dns/{node}.x.org/tcp/30333"}}\n`,
    [
      'exposure pools.v.exposure.address 8:29',
      /\{node\}\.x\.org.* would be that of none/,
      /layout: set-each/,
    ],
  ],
  'a load balancer for a machine': [
    `${MACHINE}  v: {role: archive, exposure: {p2p: load-balancer}}\n`,
    ['exposure pools.v.exposure.p2p 8:33', /is a machine/, /exposure\.address/],
  ],
  'one port for two': [
    `${MACHINE}  v: {role: archive}\n  w: {role: archive, ports: {p2p: 30500, rpc: 9944, metrics: 9700}}\n`,
    ['ports pools.w.ports.rpc 9:42', /port 9944 of iron, as v-iron-0 does/, /ports\.rpc of pool w/],
  ],
  'a chain of two names': [
    SOLO.replace('{name: westend}', '{}'),
    ['chain chain 3:1', /a name that the binary knows/, /one of `name` and `spec`/],
  ],
  'a specification from nowhere': [
    SOLO.replace('{name: westend}', `{spec: {sha256: ${'ab'.repeat(32)}}}`),
    ['chain chain.spec 3:9', /is a file, or is fetched/, /one of `file` and `url`/],
  ],
  'a specification that is not there': [
    SOLO.replace('{name: westend}', `{spec: {file: nowhere.json, sha256: ${'ab'.repeat(32)}}}`),
    ['chain chain.spec.file 3:16', /was not found/, /existing file/],
  ],
  'another specification than was meant': [
    SOLO.replace('{name: westend}', `{spec: {file: chain.json, sha256: ${'ab'.repeat(32)}}}`),
    ['chain chain.spec.file 3:16', /does not have the declared SHA-256/, /write this sha256/],
  ],
  'nothing to fetch it with': [
    SOLO.replace('{name: westend}', `{spec: {url: "https://example.org/c", sha256: ${'ab'.repeat(32)}}}`),
    ['chain chain.spec.url 3:16', /needs an image/, /toolsImage/],
  ],
  'a collator without relay chain': [
    `${HEAD}  v: {role: collator}\n`,
    ['chain pools.v.role 8:13', /only a parachain/, /chain\.relay/],
  ],
  'a validator of a parachain': [
    SOLO.replace('{name: westend}', '{name: a, relay: {name: b}}').replace(
      'role: validator,',
      'role: validator, runs: chain,',
    ),
    ['chain pools.validators.runs 8:39', /a parachain has no validators/, /runs: relay/],
  ],
  'a relay chain that there is not': [
    `${HEAD}  v: {role: rpc, runs: relay}\n`,
    ['chain pools.v.runs 8:24', /no relay chain/, /chain\.relay/],
  ],
  'a seed in the environment': [
    `${HEAD}  v: {role: rpc, environment: {A: "0x${'ab'.repeat(32)}"}}\n`,
    ['secret-value pools.v.environment.A 8:32', /A looks like a secret/, /Put seeds into a Secret/],
  ],
  'an extra container beside a signer': [
    `${HEAD}  v: {role: validator, extraContainers: [${EXTRA}]}\n`,
    ['contradiction pools.v.extraContainers 8:24', /RPC on loopback/, /DaemonSet/],
  ],
  'a closed range with a machine in it': [
    `${MACHINE.replace('machines:', 'clusters: {main: {closedRanges: [10.0.0.0/8, 192.0.2.0/24]}}\nmachines:')}  v: {role: archive, place: iron}\n`,
    [
      'exposure clusters.main.closedRanges.1 4:46',
      /192\.0\.2\.7, the address of machine iron/,
      /smaller ranges/,
    ],
  ],
  'a closed range with a permission service in it': [
    `${HEAD.replace('main: {}', 'main: {closedRanges: [10.0.0.0/8]}')}  v: {role: validator, duty: {services: ["https://10.1.2.3:8450"], secret: "{node}-duty"}}\n`,
    [
      'exposure clusters.main.closedRanges.0 4:34',
      /10\.1\.2\.3, the address of a permission service/,
      /smaller/,
    ],
  ],
  'a closed range that is none': [
    `${HEAD.replace('main: {}', 'main: {closedRanges: [10.0.0.0]}')}  v: {role: archive}\n`,
    ['wrong-value clusters.main.closedRanges.0 4:34', /expected ADDRESS\/BITS/, /as expected/],
  ],
  'one port of the hosts for two nodes': [
    `${HEAD}  a: {role: archive, count: 2, exposure: {p2p: node-port, nodePort: 30500}}\n  b: {role: archive, exposure: {p2p: node-port, nodePort: 30501}}\n`,
    ['exposure pools.b.exposure.nodePort 9:49', /30501 of main is that of a-main-1/, /another nodePort/],
  ],
  'a port of the hosts that leads nowhere': [
    `${HEAD}  a: {role: archive, exposure: {nodePort: 30500}}\n`,
    ['exposure pools.a.exposure.nodePort 8:33', /no way for peers outside/, /p2p: node-port/],
  ],
  'two purposes of one port in a pod': [
    `${HEAD}  v: {role: validator, ports: {p2p: 9944}}\n`,
    [
      'ports pools.v.ports.rpc 8:3',
      /v-main-0 would listen on port 9944 for two purposes/,
      /ports\.rpc of pool v/,
    ],
  ],
  'two pools with a node of one name': [
    `${HEAD.replace('{main: {}}', '{west: {context: w}, eu-west: {context: e}}')}  v: {role: rpc, place: eu-west}\n  v-eu: {role: rpc, place: west}\n`,
    [
      'contradiction pools.v-eu 9:3',
      /pool v-eu at west and pool v both have a node v-eu-west-0/,
      /give one of the pools another name/,
    ],
  ],
  'ports of the hosts beyond the last': [
    `${HEAD}  a: {role: archive, count: 2, exposure: {p2p: node-port, nodePort: 32767}}\n`,
    ['exposure pools.a.exposure.nodePort 8:59', /32768, above 32767/, /lower nodePort/],
  ],
  'tolerations of a machine': [
    `${MACHINE}  v: {role: rpc, layout: set-each, placement: {tolerations: []}}\n`,
    ['contradiction pools.v.placement.tolerations 8:48', /machines alone/, /`defaults`/],
  ],
  'a service on two machines': [
    `${TWO_MACHINES}  v: {role: rpc}\nservice: {name: watch, places: [iron, tin], tls: t, operator: o, store: {endpoints: ["https://e:1"]}}\n`,
    ['service service.places 9:32', /would run at iron, tin/, /three machines/],
  ],
  'a service that the file does not have': [
    `${HEAD}  v: {role: validator, duty: {service: watch, secret: "{node}-duty"}}\n`,
    ['duty pools.v.duty.service 8:31', /no service watch/, /section `service`/],
  ],
  'a port that no machine has': [
    `${MACHINE}  r: {role: rpc, count: 2, ports: {rpc: 65535}}\n`,
    ['ports pools.r.ports.rpc 8:36', /r-iron-1 would listen on port 65536/, /lower/],
  ],
  'a permission service at a port that no machine has': [
    `${HEAD}  v: {role: validator, duty: {services: ["https://w:84500"], secret: d}}\n`,
    ['wrong-value pools.v.duty.services.0 8:42', /https:\/\/HOST:PORT/, /Permission services|as expected/],
  ],
  'one Secret for a service and its etcd': [
    `${HEAD.replace('pools:', `service: {name: watch, places: [main], image: "${IMAGE}", tls: t, operator: o, store: {tls: e, etcd: {image: "${IMAGE}", tls: e}}}\npools:`)}  v: {role: rpc}\n`,
    ['service service.store.etcd.tls 7:300', /Secret e/, /another Secret/],
  ],
  'a patch that doubles a signer': [
    `${SOLO}patches:\n  - {kind: StatefulSet, name: validators-main-0, patch: {spec: {replicas: 2}}}\n`,
    ['patch patches.0 11:5', /patch 1: .*signer-runs-once: a signer is one pod/, /remove that part/],
  ],
};

const FILES = new Map([['chain.json', SPEC_TEXT]]);

describe('each mistake of a file is reported with its path, line, column and remedy', () => {
  for (const [name, [text, [where, what, remedy]]] of Object.entries(WRONG))
    test(name, () => {
      const read = readNetwork(text, FILES);
      assert.ok(!read.ok, 'it was accepted');
      const found = read.problems.map(({ code, path, at }) => `${code} ${path} ${at.line}:${at.column}`);
      const problem = read.problems[found.indexOf(where)];
      assert.ok(problem !== undefined, `found: ${found.join('; ')}`);
      assert.match(problem.what, what);
      assert.match(problem.remedy, remedy);
    });
});

test('every code of a problem has a file here', () => {
  const shown = new Set(Object.values(WRONG).map(([, [where]]) => where.split(' ')[0]));
  const codes = Object.keys(PROBLEM_CODES) as ProblemCode[];
  assert.deepEqual(
    codes.filter((code) => !shown.has(code)),
    [],
  );
});

test('all that is wrong is said at once, in the order of the lines, and nothing twice', () => {
  const read = readNetwork(
    `${HEAD}  a: {role: validator, count: 3, layout: one-set, flags: {dev: true}}\n  b: {role: rpc, place: nowhere, flags: {alice: true}}\n`,
  );
  assert.ok(!read.ok);
  assert.deepEqual(
    read.problems.map(({ code, at }) => `${at.line} ${code}`),
    ['8 signer-scaled', '8 unsafe-flag', '9 unknown-place', '9 unsafe-flag'],
  );
});

test('no value of a file is repeated in its problems, since one may be a secret', () => {
  const read = readNetwork(
    `${HEAD}  v: {role: validator, seed: hunter2, count: hunter2, keys: {session: {secret: HUNTER2}}}\n`,
  );
  assert.ok(!read.ok);
  assert.ok(!JSON.stringify(read.problems).toLowerCase().includes('hunter2'));
});

test('files that are named are found, and a text that is broken names none', () => {
  assert.deepEqual(filesOf(WIDE), ['chain.json']);
  assert.deepEqual(filesOf(SOLO), []);
  assert.deepEqual(filesOf('format: ['), []);
});

test('one set of keys on a machine and in a cluster is accepted where all who have it ask', () => {
  const both = MACHINE.replace('machines:', 'clusters: {main: {}}\nmachines:').replace(
    'software: {',
    `software: {image: "${IMAGE}", `,
  );
  const duty = '{services: ["https://w:1"], secret: "{node}-duty", ca: true}';
  const text = `${both}  v: {role: validator, places: {iron: 1, main: 1}, keys: ${SAME_KEYS}, duty: ${duty}}\n`;
  const { graph } = readFixture(text);
  const uses = graph.resources.flatMap(({ subject }) => subject.keySet ?? []);
  const asked = servicesMark(['https://w:1'], 'anywhere');
  assert.deepEqual(uses, [`gated.one@${asked}`, `gated.one@${asked}`]);
  const local = `${MACHINE}  v: {role: validator, duty: {services: ["unix:/run/w.sock"], secret: d}}\n`;
  assert.equal(readFixture(local).graph.expects.length, 1, 'one machine asks a separate service');
  const order = text.replace(
    /\}\n$/,
    ', instances: {iron-0: {duty: {services: ["https://W:1"], secret: "{node}-duty"}}}}\n',
  );
  assert.notEqual(order, text);
  assert.equal(readFixture(order).graph.network, 'harbour', 'one service in two spellings');
});

test('nodes on machines may each have a node key of a Secret, since no set of pods joins them', () => {
  const nodes =
    'rpc: {role: rpc, places: {iron: 1, tin: 1}, keys: {node: {source: secret, secret: "{node}-node"}}}';
  const read = readNetwork(`${TWO_MACHINES}  ${nodes}\n`);
  assert.ok(read.ok, JSON.stringify(read));
});

test('what is right is accepted', () => {
  assert.equal(readFixture(SOLO).graph.network, 'harbour');
  assert.equal(readFixture(WIDE).graph.network, 'wide');
});

test('a node that had a gate may confirm that it has none', () => {
  const text = `${HEAD}  v: {role: validator, customFlags: ["--duty-off-confirmed"]}\n`;
  assert.match(JSON.stringify(readFixture(text).graph.resources), /"--duty-off-confirmed"/);
});
