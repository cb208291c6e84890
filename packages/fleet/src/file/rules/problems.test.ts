import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filesOf, readNetwork } from '../compile/read.ts';
import { PROBLEM_CODES, type ProblemCode } from '../network/problem.ts';
import { headText, IMAGE, ON_DISKS, readFixture, SOLO, SPEC_TEXT, WIDE } from '../testing/networks.ts';

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

const HEAD = `${headText()}pools:\n`;
const PARACHAIN = `${headText({ chain: '{name: para, relay: {name: paseo}}' })}pools:\n`;
const MACHINE = `${headText({ places: 'machines: {iron: {host: 192.0.2.7}}', software: ON_DISKS })}pools:\n`;
const TWO_MACHINES = MACHINE.replace('192.0.2.7}', '192.0.2.7}, tin: {host: 192.0.2.8}');
const sameKeys = (set: string) =>
  `{session: {source: secret, secret: "{node}-keys", set: ${set}, types: {babe: sr25519}}}`;
const SAME_KEYS = sameKeys('one');

const EXTRA = `{name: logs, image: "${IMAGE}", cpu: 0.1, memoryGiB: 0.1}`;

/** `CODE PATH LINE:COLUMN`, what, what to do. */
type Wanted = readonly [where: string, what: RegExp, remedy: RegExp];

/** Files in which each pool has one mistake, with the problem of each. */
const WRONG_POOLS: readonly (readonly [text: string, ...wanted: Wanted[]])[] = [
  [
    `${HEAD}  p8: {role: validator, cuont: 2} # a misspelt key
  p9: {role: rpc, storage: {chainGib: 2}} # a misspelt key far down
  p10: {role: rpc, instances: {main-0: {storag: {}}}} # a misspelt key of an instance
  p11: {role: rpc, replicas: 2} # a word of other tools
  p12: {role: rpc, chainGiB: 2} # a key of a section
  p13: {role: validator, seed: "//Alice"} # a seed in the file
  p14: {role: rpc, count: many} # a value of the wrong kind
  p15: {role: rpc, pruning: 3, ports: {p2p: 80}} # a number out of range
  p16: {role: rpc, autoscale: {by: cpu, min: 1, target: 70}} # half a section
  p17: {role: miner} # a role that there is not
  p18: {role: validator, duty: {services: ["http://w:1"], secret: d}} # a permission service without TLS
  p19: {role: validator, duty: {services: ["https://w:84500"], secret: d}} # a permission service at a port that no machine has
`,
    ['unknown-key pools.p8.cuont 8:25', /unknown key pools\.p8\.cuont/, /did you mean count\?/],
    ['unknown-key pools.p9.storage.chainGib 9:29', /chainGib/, /did you mean chainGiB\?/],
    ['unknown-key pools.p10.instances.main-0.storag 10:41', /storag/, /did you mean storage\?/],
    ['unknown-key pools.p11.replicas 11:20', /replicas/, /did you mean count\?/],
    ['unknown-key pools.p12.chainGiB 12:20', /chainGiB/, /did you mean storage\.chainGiB\?/],
    ['unknown-key pools.p13.seed 13:26', /unknown key pools\.p13\.seed$/, /no seed stands in this file/],
    ['wrong-value pools.p14.count 14:27', /expected number/, /number without quotes\. Nodes at/],
    ['wrong-value pools.p15.ports.p2p 15:45', /expected at least 1024/, /as expected/],
    ['wrong-value pools.p16.autoscale.max 16:31', /autoscale\.max is missing/, /add it/],
    ['wrong-value pools.p17.role 17:15', /expected one of/, /use one of: validator/],
    ['wrong-value pools.p18.duty.services.0 18:44', /https:\/\/HOST:PORT/, /as expected/],
    ['wrong-value pools.p19.duty.services.0 19:44', /https:\/\/HOST:PORT/, /Permission services|as expected/],
  ],
  [
    `${HEAD}  p8: {role: rpc, flags: {out-peer: 3}} # an unknown flag
  p9: {role: rpc, flags: {--out-peers: 3}} # a flag with dashes
  p10: {role: rpc, software: {sdk: stable2409}, flags: {pool-type: fork-aware}} # a flag of a later release
  p11: {role: rpc, flags: {ws-port: 9944}} # a flag of an earlier SDK
  p12: {role: rpc, flags: {sync: slow}} # a flag with the wrong value
  p13: {role: rpc, flags: {base-path: /x}} # a managed flag
  p14: {role: rpc, flags: {unsafe-rpc-external: true}} # an unsafe flag
  p15: {role: rpc, customFlags: ["--unsafe-rpc-external"]} # an unsafe flag by another door
  p16: {role: rpc, customFlags: ["--authority"]} # a flag of a signer by its old name
  p17: {role: rpc, flags: {relay-chain-rpc-urls: ["wss://relay.example.org"]}} # a relay chain to ask, of a node that is of no parachain
  p18: {role: rpc, customFlags: ["--out-peers=3"]} # a common flag among the custom ones
  p19: {role: validator, autoscale: {by: cpu, min: 1, max: 2, target: 70, prometheus: null}} # a scaled signer
  p20: {role: validator, layout: one-set} # signers in one set
  p21: {role: rpc, instances: {main-0: {flags: {out-peers: 3}}}} # nodes of one set that differ
  p22: {role: rpc, autoscale: {by: cpu, min: 3, max: 2, target: 70, prometheus: null}} # a scaler without end
  p23: {role: rpc, layout: set-each, autoscale: {by: cpu, min: 1, max: 2, target: 70, prometheus: null}} # a scaler of single sets
  p24: {role: rpc, autoscale: {by: connections, min: 1, max: 2, target: 70, prometheus: null}} # unknown sessions
  p25: {role: rpc, keys: {session: {source: secret, secret: s, types: {babe: sr25519}}}} # seeds for a node that does not sign
  p26: {role: validator, keys: {session: {source: secret}}} # a Secret that is not named
  p27: {role: validator, keys: {session: {secret: a}}} # a Secret of keys that are born
  p28: {role: archive, keys: {node: {source: secret}}} # half a node key
  p29: {role: validator, count: 2, duty: {services: ["https://w:1"], secret: "{node}", node: alpha}} # one name for two at the same services
  p30: {role: archive, duty: {services: ["https://w:1"], secret: d}} # one that signs nothing asks
  p31: {role: validator, customFlags: ["--duty=off"]} # a gate by its flags
  p32: {role: validator, customFlags: ["--duty-off-confirmed"], duty: {services: ["https://w:1"], secret: d}} # a gate, and the flag for none
  p33: {role: archive, count: 2, keys: {node: {source: secret, secret: one}}} # one node key for two
  p34: {role: rpc, keys: {node: {source: secret, secret: one}}} # one node key for a set
  p35: {role: validator, keys: {session: {source: secret, secret: s, types: {babe: sr25519}}, node: {source: secret, secret: s}}} # a node key among seeds
  p36: {role: validator, count: 2, keys: {node: {source: secret, secret: "{node}"}}, instances: {main-1: {duty: {services: ["https://w:1"], secret: p36-main-0}}}} # a token in the Secret of the node key of another node
  p37: {role: boot} # an unknown boot node
  p38: {role: boot, count: 2, keys: {node: {peerId: ${PEER}}}} # one peer id for two
  p39: {role: validator, exposure: {rpc: cluster}} # the RPC of a signer
  p40: {role: rpc, layout: set-each, count: 2, instances: {main-1: {ports: {p2p: 30555}}}} # a port of one pod alone
  p41: {role: rpc, layout: set-each, count: 2, instances: {main-1: {exposure: {rpc: none}}}} # the RPC of one pod alone
  p42: {role: rpc, exposure: {rpc: gateway}} # a gateway that is not named
  p43: {role: rpc, count: 2, exposure: {p2p: load-balancer}} # a Service for peers of a set of pods
  p44: {role: rpc, exposure: {address: "/dns/{node}.x.org/tcp/30333"}} # an address of a set of pods
  p45: {role: collator} # a collator without relay chain
  p46: {role: rpc, runs: relay} # a relay chain that there is not
  p47: {role: rpc, environment: {A: "0x${'ab'.repeat(32)}"}} # a seed in the environment
  p48: {role: validator, extraContainers: [${EXTRA}]} # an extra container beside a signer
  p49: {role: archive, exposure: {nodePort: 30500}} # a port of the hosts that leads nowhere
  p50: {role: validator, ports: {p2p: 9944}} # two purposes of one port in a pod
  p51: {role: archive, count: 2, exposure: {p2p: node-port, nodePort: 32767}} # ports of the hosts beyond the last
  p52: {role: validator, count: 2, keys: {session: {source: secret, secret: s52, set: "{node}", types: {babe: sr25519}}}} # one Secret for two signers
  p53: {role: validator, count: 2, keys: {session: {source: secret, secret: "{node}", set: same53, types: {babe: sr25519}}}} # one key set in two Secrets
  p54: {role: validator, count: 2, keys: {session: {source: secret, secret: "{node}", set: same54, types: {babe: sr25519}}}, instances: {main-0: {duty: {services: ["https://w:1"], secret: d54}}}} # one key set in two Secrets, and one of its nodes does not ask
  p55: {role: validator, count: 2, duty: {services: ["https://w:1"], secret: d55}} # one token for two
  p56: {role: validator, count: 2, keys: ${sameKeys('one56')}, duty: {services: ["https://w:1"], secret: "{node}-duty"}, instances: {main-1: {duty: {services: ["https://other:1"], secret: "{node}-duty"}}}} # the same keys, and each node asks another service
  p57: {role: validator, count: 2, keys: ${sameKeys('one57')}, duty: {services: ["https://w:1"], secret: "{node}-duty"}, instances: {main-1: {duty: {services: ["https://w:1", "https://other:1"], secret: "{node}-duty"}}}} # the same keys, and one node asks one service more
  p58: {role: validator, keys: {session: {source: secret, secret: s58, types: {babe: sr25519}}}, duty: {services: ["https://w:1"], secret: s58}} # a token among seeds
`,
    ['unknown-flag pools.p8.flags.out-peer 8:27', /out-peer/, /did you mean out-peers\?/],
    ['unknown-flag pools.p9.flags.--out-peers 9:27', /with dashes/, /write out-peers/],
    ['flag-version pools.p10.flags.pool-type 10:57', /stable2409 does not have/, /stable2412/],
    ['flag-version pools.p11.flags.ws-port 11:28', /no longer/, /ports\.rpc/],
    ['wrong-flag pools.p12.flags.sync 12:28', /--sync/, /one of: full/],
    ['managed-flag pools.p13.flags.base-path 13:28', /sets it from storage/, /set storage/],
    ['unsafe-flag pools.p14.flags.unsafe-rpc-external 14:28', /refused/, /remove it/],
    ['unsafe-flag pools.p15.customFlags 15:20', /refused/, /remove it/],
    ['managed-flag pools.p16.customFlags 16:20', /--authority .* sets it from role/, /set role/],
    ['wrong-flag pools.p17.flags.relay-chain-rpc-urls 17:28', /no relay chain beside it/, /chain\.relay/],
    ['wrong-flag pools.p18.customFlags 18:20', /all nodes have/, /flags: \{out-peers/],
    ['signer-scaled pools.p19.autoscale.max 19:55', /second copy would sign/, /raise count/],
    ['signer-scaled pools.p20.layout 20:26', /share one set/, /remove layout/],
    ['contradiction pools.p21.instances.main-0 21:32', /all alike/, /layout: set-each/],
    ['contradiction pools.p22.autoscale.max 22:49', /min 3 is above max 2/, /swap/],
    ['contradiction pools.p23.autoscale.max 23:67', /a set for each node/, /one-set/],
    ['contradiction pools.p24.autoscale.max 24:57', /counted by Prometheus/, /autoscale\.prometheus/],
    ['keys pools.p25.keys.session.source 25:37', /must not see seeds/, /remove keys\.session/],
    [
      'keys pools.p26.keys.session.source 26:43',
      /the name of the Secret, or the list of its keys, is missing/,
      /\{node\}-keys/,
    ],
    ['keys pools.p27.keys.session.secret 27:43', /not in a Secret/, /source: secret/],
    ['keys pools.p28.keys.node.source 28:38', /do not fit/, /both/],
    ['duty pools.p29.duty.node 29:88', /p29-main-0 and p29-main-1 .* the node alpha/, /node: "\{node\}"/],
    ['duty pools.p30.duty.secret 30:58', /does not sign/, /remove duty/],
    ['managed-flag pools.p31.customFlags 31:26', /^--duty follows/, /services/],
    ['managed-flag pools.p32.customFlags 32:26', /^--duty-off-confirmed follows/, /services/],
    ['shared-keys pools.p33.keys.node.secret 33:64', /one node key/, /another Secret/],
    ['shared-keys pools.p34.keys.node.secret 34:50', /are one set/, /set-each/],
    ['shared-seed pools.p35.keys.node.secret 35:118', /holds the seeds/, /separate Secrets/],
    [
      'shared-seed pools.p36.instances.main-1.duty.secret 36:141',
      /token of p36-main-1 holds the node key of p36-main-0/,
      /separate Secrets/,
    ],
    ['keys pools.p37.keys.node.peerId 37:3', /peer id is not known/, /main-0: \{keys/],
    ['keys pools.p38.keys.node.peerId 38:45', /p38-main-0 and p38-main-1 have one peer id/, /a separate key/],
    ['exposure pools.p39.exposure.rpc 39:37', /must stay inside its pod/, /remove exposure\.rpc/],
    [
      'exposure pools.p40.instances.main-1.ports.p2p 40:77',
      /p40-main-1 has ports.p2p 30555, and p40-main-0/,
      /a separate pool/,
    ],
    [
      'exposure pools.p41.instances.main-1.exposure.rpc 41:80',
      /has exposure.rpc none, and p41-main-0 .* has cluster/,
      /a separate pool/,
    ],
    ['exposure pools.p42.exposure.rpc 42:31', /belong together/, /gateway: \{name/],
    ['exposure pools.p43.exposure.p2p 43:41', /load-balancer would be that of none/, /layout: set-each/],
    [
      'exposure pools.p44.exposure.address 44:31',
      /\{node\}\.x\.org.* would be that of none/,
      /layout: set-each/,
    ],
    ['chain pools.p45.role 45:15', /only a parachain/, /chain\.relay/],
    ['chain pools.p46.runs 46:26', /no relay chain/, /chain\.relay/],
    ['secret-value pools.p47.environment.A 47:34', /A looks like a secret/, /Put seeds into a Secret/],
    ['contradiction pools.p48.extraContainers 48:26', /RPC on loopback/, /DaemonSet/],
    ['exposure pools.p49.exposure.nodePort 49:35', /no way for peers outside/, /p2p: node-port/],
    [
      'ports pools.p50.ports.rpc 50:3',
      /p50-main-0 would listen on port 9944 for two purposes/,
      /ports\.rpc of pool p50/,
    ],
    ['exposure pools.p51.exposure.nodePort 51:61', /32768, above 32767/, /lower nodePort/],
    [
      'shared-seed pools.p52.keys.session.secret 52:69',
      /reached by p52-main-0 and p52-main-1/,
      /\{node\}-keys/,
    ],
    ['shared-keys pools.p53.keys.session.set 53:87', /all would sign/, /separate keys/],
    ['shared-keys pools.p54.keys.session.set 54:87', /p54-main-1 would sign without asking/, /`duty`/],
    ['shared-seed pools.p55.duty.secret 55:70', /that of p55-main-0 and p55-main-1/, /\{node\}-duty/],
    [
      'duty pools.p56.instances.main-1.duty.services 56:216',
      /p56-main-0 and p56-main-1 have the same keys, and p56-main-1 asks other services than p56-main-0/,
      /the same for all of them/,
    ],
    [
      'duty pools.p57.instances.main-1.duty.services 57:216',
      /asks other services/,
      /the same for all of them/,
    ],
    [
      'shared-seed pools.p58.duty.secret 58:132',
      /token of p58-main-0 holds the seeds of p58-main-0/,
      /separate Secrets/,
    ],
  ],
  [
    `${PARACHAIN}  p8: {role: collator, flags: {relay-chain-rpc-urls: ["https://relay.example.org"]}} # a relay chain to ask, over HTTP
  p9: {role: collator, flags: {relay-chain-rpc-urls: ["wss://me:hush@relay.example.org"]}} # a relay chain to ask, with a password
  p10: {role: collator, relayFlags: {relay-chain-rpc-urls: ["wss://relay.example.org"]}} # a relay chain to ask, behind the dashes
`,
    ['wrong-flag pools.p8.flags.relay-chain-rpc-urls 8:32', /not one of a WebSocket/, /wss:/],
    ['wrong-flag pools.p9.flags.relay-chain-rpc-urls 9:32', /relay\.example\.org has a password/, /wss:/],
    ['wrong-flag pools.p10.relayFlags.relay-chain-rpc-urls 10:38', /flag of the parachain node/, /in flags:/],
  ],
  [
    `${MACHINE}  p8: {role: rpc, autoscale: {by: cpu, min: 1, max: 2, target: 70, prometheus: null}} # a scaled machine
  p9: {role: validator, count: 2, keys: {session: {source: secret, secret: s, set: "{node}", types: {babe: sr25519}}}} # one secret for two signers of a machine
  p10: {role: validator, duty: {services: ["unix:/tmp/w.sock"], secret: d}} # a socket that a unit does not see
  p11: {role: archive, exposure: {p2p: load-balancer}} # a load balancer for a machine
  p12: {role: rpc, layout: set-each, placement: {tolerations: []}} # tolerations of a machine
  p13: {role: rpc, count: 2, ports: {rpc: 65535}} # a port that no machine has
`,
    ['contradiction pools.p8.autoscale.max 8:48', /nothing scales nodes there/, /autoscale: null/],
    ['shared-seed pools.p9.keys.session.secret 9:68', /reached by p9-iron-0 and p9-iron-1/, /\{node\}-keys/],
    ['duty pools.p10.duty.services 10:33', /machine iron, and does not see the socket/, /elsewhere in \/run/],
    ['exposure pools.p11.exposure.p2p 11:35', /is a machine/, /exposure\.address/],
    ['contradiction pools.p12.placement.tolerations 12:50', /machines alone/, /`defaults`/],
    ['ports pools.p13.ports.rpc 13:38', /p13-iron-1 would listen on port 65536/, /lower/],
  ],
];

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
  'an unsafe flag in defaults': [
    `${HEAD.replace('pools:', '  flags: {alice: true}\npools:')}  v: {role: validator}\n`,
    ['unsafe-flag defaults.flags.alice 7:11', /publicly known key/, /remove it/],
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
  'the same keys, and a service on each machine': [
    `${TWO_MACHINES}  v: {role: validator, places: {iron: 1, tin: 1}, keys: ${SAME_KEYS}, duty: {services: ["https://w:1", "unix:/run/w.sock"], secret: "{node}-duty"}}\n`,
    ['duty pools.v.duty.services 8:150', /v-iron-0 asks a service on its own machine/, /https addresses/],
  ],
  'the same keys in two clusters, and a service on the loopback of each': [
    `${HEAD.replace('{main: {}}', '{main: {}, east: {context: e}}')}  v: {role: validator, places: {main: 1, east: 1}, keys: ${SAME_KEYS}, duty: {services: ["http://127.0.0.1:1"], secret: "{node}-duty"}}\n`,
    ['duty pools.v.duty.services 8:151', /asks a service on its own machine/, /https addresses/],
  ],
  'the same keys on two machines, and one of the two does not ask': [
    `${TWO_MACHINES}  v: {role: validator, places: {iron: 1, tin: 1}, keys: ${SAME_KEYS}, instances: {tin-0: {duty: {services: ["https://w:1"], secret: d}}}}\n`,
    ['shared-keys pools.v.keys.session.set 8:107', /v-iron-0 would sign without asking/, /`duty`/],
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
  'a validator of a parachain': [
    SOLO.replace('{name: westend}', '{name: a, relay: {name: b}}').replace(
      'role: validator,',
      'role: validator, runs: chain,',
    ),
    ['chain pools.validators.runs 8:39', /a parachain has no validators/, /runs: relay/],
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
  'two pools with a node of one name': [
    `${HEAD.replace('{main: {}}', '{west: {context: w}, eu-west: {context: e}}')}  v: {role: rpc, place: eu-west}\n  v-eu: {role: rpc, place: west}\n`,
    [
      'contradiction pools.v-eu 9:3',
      /pool v-eu at west and pool v both have a node v-eu-west-0/,
      /give one of the pools another name/,
    ],
  ],
  'a service on two machines': [
    `${TWO_MACHINES}  v: {role: rpc}\nservice: {name: watch, places: [iron, tin], tls: t, operator: o, store: {endpoints: ["https://e:1"]}}\n`,
    ['service service.places 9:32', /would run at iron, tin/, /three machines/],
  ],
  'a service that the file does not have': [
    `${HEAD}  v: {role: validator, duty: {service: watch, secret: "{node}-duty"}}\n`,
    ['duty pools.v.duty.service 8:31', /no service watch/, /section `service`/],
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

const CASES: readonly (readonly [name: string, text: string, wanted: Wanted])[] = [
  ...WRONG_POOLS.flatMap(([text, ...all]) => all.map((wanted) => [wanted[0], text, wanted] as const)),
  ...Object.entries(WRONG).map(([name, [text, wanted]]) => [name, text, wanted] as const),
];

describe('each mistake of a file is reported with its path, line, column and remedy', () => {
  for (const [name, text, [where, what, remedy]] of CASES)
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
  const shown = new Set(CASES.map(([, , [where]]) => where.split(' ')[0]));
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
