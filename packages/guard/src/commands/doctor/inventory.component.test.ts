// The forms of files that `doctor --inventory` reads, and its answers. Every secret of these files has the
// word hunter2 in it, or is a seed, and none may be printed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { InventoryReport } from '../../index.ts';
import { ground } from './testing/ground.ts';

const GRAN = '6772616e88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee';
const AUDI = `61756469${'cd'.repeat(32)}`;
const ADDRESS = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const ALICE_AUDI = '61756469d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
const SEED = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk//Alice';
/** The answer of a machine: its boot id, lines about keystores and peers, and the end of its search. */
const answer = (digit: string, lines: readonly string[], end = '0\\t'): string =>
  [boot(digit), ...lines, `end\\t${end}`].join('\\n');
const boot = (digit: string): string => `${digit.repeat(8)}-2222-3333-4444-555555555555`;
const store = (path: string, ...keys: readonly string[]) => [
  `dir\\t1:1\\t${path}`,
  ...keys.map((key) => `key\\t${key}`),
];
const ONE = answer('1', store('/data/keystore', GRAN, AUDI));

const ANSWERS: Readonly<Record<string, string>> = {
  // Two names of one machine.
  ...{ 'val-1': ONE, 'alias-1': ONE, 'val-2': answer('2', store('/srv/chains/dot/keystore', GRAN)) },
  ...{ closed: answer('3', [], '1\\t12'), slow: answer('4', store('/late', AUDI), '124\\t') },
  'see-1': answer('5', [...store('/a', ALICE_AUDI), `peer\\t${ADDRESS}\\t12D3One`]),
  'see-2': answer('6', [`peer\\t${ADDRESS}\\t12D3Two`, 'peer\\t5Foreign\\t12D3X']),
  ...{ cut: boot('7'), chatty: `Good morning\\n${boot('8')}` },
};

interface Row {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** `LETTER SUBJECT` of each finding, with FOLDER for the folder of the test. */
  readonly finds?: readonly string[];
  readonly says?: readonly RegExp[];
  /** Logins in the order of the machines. */
  readonly logins?: readonly RegExp[];
  readonly exit: number;
}

const service = (more: string): string =>
  `[Unit]\nAfter=network.target\n[Service]\nEnvironment=PW=hunter2\n${more}\n`;
const pods = (kind: string, replicas: number, volume: string, more = ''): string => `
apiVersion: apps/v1
kind: ${kind}
metadata: {name: dot}
spec:
  replicas: ${replicas}
  template:
    spec:
      containers:
        - name: node
          image: parity/polkadot
          args: ["--base-path=/data", "$(ROLE)"]
          env: [{name: ROLE, value: --validator}, {name: PW, value: hunter2}]
          volumeMounts: [{name: data, mountPath: /data}, {name: keys, mountPath: /data/chains/dot/keystore}]
      volumes: [${volume}]
${more}`;
const SECRET = `---
apiVersion: v1
kind: Secret
metadata: {name: session}
data: {${GRAN}: aHVudGVyMg==}
`;
const CLAIM = '{name: data, persistentVolumeClaim: {claimName: dot}}, {name: keys, emptyDir: {}}';
const FROM_SECRET = '{name: data, emptyDir: {}}, {name: keys, secret: {secretName: session}}';

const ROWS: readonly Row[] = [
  {
    name: 'an ssh config with Include, patterns and several names in a line',
    files: {
      config:
        'Include FOLDER/c?nf.d/[lm]*\nHost val-1 # the first\n  HostName 203.0.113.9\n  User=ops\nMatch originalhost val-2,*.x user y\nHost *\n  Port 2222\n',
      'conf.d/more': 'host alias-1\n  IdentityFile ~/.ssh/hunter2\nHost *.internal\n  User hunter2\n',
    },
    ...{ flags: ['--inventory', 'config'], exit: 3 },
    finds: ['F alias-1:/data/keystore, val-2:/srv/chains/dot/keystore'],
    says: [/^gran 0x88dc3417…b0ee {2}1, 2\naudi 0xcdcdcdcd…cdcd {2}1$/m],
    logins: [/^-F FOLDER\/config .*-- alias-1 sh -s$/, /-- val-1 sh/, /-- val-2 sh/],
  },
  {
    name: 'an inventory of Ansible in ini, with ranges, groups, group_vars, host_vars and a vault',
    files: {
      'hosts.ini':
        '# all\nlone ansible_host=val-1 ansible_password=hunter2 # x\n[dot]\nval-[1:2] ansible_port=2200 note="a # b"\n[dot:vars]\nansible_user=ops\nbase_path=/srv/dot\n[eu:children]\ndot\n[eu:vars]\nansible_become=yes\nansible_ssh_common_args=-o ProxyJump=jump\n',
      'group_vars/all.yml': 'password: hunter2\nmount: {type: nfs4, secret: hunter2}\n',
      'group_vars/dot/main.yml': 'ansible_host: "{{ inventory_hostname }}"\n',
      'group_vars/dot/vault.yml': '$ANSIBLE_VAULT;1.1;AES256\n6162\n',
      'host_vars/lone.yml': `ansible_user: root\nkeys: [{type: gran, scheme: ed25519, priv_key: "${SEED}"}]\n`,
    },
    flags: ['--inventory', 'hosts.ini'],
    finds: ['F lone:/data/keystore, val-2:/srv/chains/dot/keystore'],
    says: [/^not looked: FOLDER\/group_vars\/dot\/vault\.yml: it is in a vault/m, /^(?![\s\S]*of group)/],
    logins: [
      /-l root -- val-1 sh -s$/,
      /-p 2200 -l ops -o ProxyJump=jump -- val-1 sudo -n sh -s$/,
      /-- val-2 sudo -n sh -s$/,
    ],
    exit: 3,
  },
  {
    name: 'keys in variables: of two machines, of a machine that has them, and of all',
    files: {
      'hosts.ini': '[dot]\nval-1\nfar ansible_connection=local\n[dot:vars]\nmap={{ hunter2 }}\n',
      'group_vars/dot.yml': `map: {val-1: {type: gran, scheme: ed25519, suri: "${SEED}"}}\n`,
      'host_vars/val-1.yml': `key: {type: gran, scheme: ed25519, suri: "${SEED}"}\n`,
      'host_vars/far.yml': `key: {type: gran, scheme: ed25519, suri: "${SEED}"}\n`,
    },
    flags: ['--inventory', 'hosts.ini'],
    finds: ['E val-1:/data/keystore, FOLDER/hosts.ini: variables of far'],
    says: [/^\d {2}FOLDER\/hosts.ini: variables of group dot$/m],
    logins: [/-- val-1 sh -s$/],
    exit: 3,
  },
  {
    name: 'an inventory of Ansible in YAML: an address in a vault, one in a variable, and a connection of Docker',
    files: {
      'hosts.yml':
        'all:\n  vars: {ansible_user: ops}\n  children:\n    dot:\n      hosts:\n        val-1: {ansible_ssh_pass: hunter2}\n        hidden:\n          ansible_host: !vault |\n            $ANSIBLE_VAULT;1.1;AES256\n            6162\n        open: {ansible_host: "{{ hunter2 }}"}\n        box: {ansible_connection: docker}\n',
    },
    ...{ flags: ['--inventory', 'hosts.yml'], exit: 4 },
    says: [
      /^not looked: hidden: its host is in a vault or in a variable/m,
      /^not looked: open: its host is in a vault/m,
      /^not looked: box: its connection is not ssh/m,
    ],
    logins: [/-l ops -- val-1 sh -s$/],
  },
  {
    name: 'the answer of ansible-inventory --list',
    files: {
      'all.json':
        '{"_meta":{"hostvars":{"val-1":{"ansible_port":2200}}},"all":{"children":["dot"]},"dot":{"hosts":["val-1"]}}',
    },
    ...{ flags: ['--inventory', 'all.json'], logins: [/-p 2200 -- val-1 sh -s$/], exit: 0 },
  },
  {
    name: 'a plain list: a login, a port, a folder, one line that is no host, and machines without a full answer',
    files: {
      list: 'ops@val-1\nval-2:2200\n\n# gone\nclosed\nslow\ncut\nchatty\nhost\n-oProxyCommand=hunter2\n',
    },
    flags: ['--inventory', 'list'],
    says: [
      /^not looked: closed: its user may not search 12 folders: name root, or a user with sudo$/m,
      /^not looked: slow: its disks were not searched in full within 20 s$/m,
      /^not looked: cut: its search did not end$/m,
      /^not looked: chatty: its answer has lines that are no key files/m,
      /^not looked: host: ssh host: .*Connection refused$/m,
      /^not looked: FOLDER\/list: line 10: it is no host/m,
      /slow:\/late$/m,
    ],
    logins: [/-- ops@val-1 /, /-p 2200 -- val-2 /, /./, /./, /./, /./, /-- host sh -s$/],
    finds: [
      'F ops@val-1:/data/keystore, val-2:/srv/chains/dot/keystore',
      'C ops@val-1:/data/keystore, slow:/late',
    ],
    exit: 3,
  },
  {
    name: 'a compose file: anchors, variables, two services on one volume, replicas, one in a variable, a full node',
    files: {
      '.env': 'ROLE=--validator\nPASSWORD=hunter2"\\\n',
      'compose.yml': `
x-node: &node
  image: parity/polkadot
  environment: {PASSWORD: hunter2}
  volumes: [data:/data]
services:
  one: {<<: *node, command: "--base-path /data $\{ROLE:?none}"}
  two: {<<: *node, command: [--base-path, /data, --collator]}
  full: {<<: *node, command: "--name full $PASSWORD"}
  many: {<<: *node, volumes: [{type: bind, source: ./many, target: /data}], command: "-d /data --validator", deploy: {replicas: 2}}
  some: {<<: *node, volumes: [some:/data], command: "-d /data --validator", scale: "$\{COUNT}"}
  later: {<<: *node, command: "sh -c 'polkadot $$FLAGS'"}
  bare: {image: x, command: --validator -d /data}
  each: {<<: *node, volumes: [each:/data], command: "-d /data --validator", deploy: {mode: global}}
  guarded: {<<: *node, entrypoint: watchbill guard run -- polkadot, command: --validator}
  inFile: {image: x, env_file: [v.env, {path: gone.env}]}
  baked: {image: x, volumes: [./many:/data]}
volumes: {data: {name: dot-data}, each: {external: true}}
`,
      'v.env': 'ARGS=--validator hunter2\n',
      [`many/chains/dot/keystore/${GRAN}`]: '"hunter2"',
    },
    ...{ flags: ['--inventory', 'compose.yml'], exit: 3 },
    finds: ['volume dot-data', 'FOLDER/many', 'volume each'].map((at) => `F FOLDER/compose.yml: ${at}`),
    says: [
      /evidence {2}FOLDER\/compose.yml: service one\n +FOLDER\/compose.yml: service two$/m,
      /^not looked: FOLDER\/compose.yml: volume dot-data: the keys of volume dot-data are not in a file/m,
      /^not looked: FOLDER\/compose.yml: service later: its command is in a variable/m,
      /^not looked: FOLDER\/compose.yml: volume .*_some: how many of it start is in a variable$/m,
      /^not looked: FOLDER\/compose.yml: service bare: its keystore is in \/data of each/m,
      /^not looked: FOLDER\/compose.yml: service inFile: its keystore is in a folder that its command does not/m,
      /^not looked: FOLDER\/compose.yml: FOLDER\/gone.env of service inFile: it is not there$/m,
      /^not looked: FOLDER\/compose.yml: service baked: it mounts keys, and its image/m,
      /^(?![\s\S]*service (?:full|guarded))/,
      /^gran 0x88dc3417…b0ee +1$/m,
    ],
  },
  {
    name: 'compose files that say more elsewhere',
    files: {
      'c.yml': 'include: [x.yml]\nservices: {a: {image: x}}\n',
      'docker-compose.override.yml': 'x: y\n',
    },
    flags: ['--inventory', 'c.yml'],
    says: [
      /^not looked: FOLDER\/c.yml: include, docker-compose.override.yml: give the output of docker compose/m,
    ],
    exit: 4,
  },
  {
    name: 'manifests: replicas on one claim, a Secret that two of a DaemonSet get, the next pod of a Deployment',
    files: {
      'all.yml': pods('StatefulSet', 2, CLAIM),
      'secret.yml': pods('DaemonSet', 1, FROM_SECRET, SECRET),
      'next.yml': pods('Deployment', 1, CLAIM.replace('claimName: dot', 'claimName: next')),
      'turn.yml': pods('Deployment', 1, CLAIM.replace('Name: dot}}', 'Name: turn}}')).replace(
        'replicas:',
        'strategy: {type: Recreate}\n  replicas:',
      ),
      'none.yml': pods('Deployment', 0, CLAIM.replace('claimName: dot', 'claimName: turn')),
    },
    flags: ['all', 'secret', 'next', 'turn', 'none'].flatMap((at) => ['--inventory', `${at}.yml`]),
    finds: ['all.yml: claim default/dot', 'secret.yml: Secret session', 'next.yml: claim default/next'].map(
      (at) => `F FOLDER/${at}`,
    ),
    exit: 3,
    says: [/evidence {2}FOLDER\/all.yml: StatefulSet dot, number 1\n/, /^gran 0x88dc3417…b0ee {2}1$/m],
  },
  {
    name: 'manifests: one signer with one Secret is a place with a key and no finding',
    files: { 'one.yml': pods('StatefulSet', 1, FROM_SECRET, SECRET) },
    flags: ['--inventory', 'one.yml'],
    says: [
      /^gran 0x88dc3417…b0ee {2}1$/m,
      /^not looked: .*StatefulSet dot: its keystore is in \/data of each$/m,
    ],
    exit: 4,
  },
  {
    name: 'values of Helm: keys for two replicas; values are never all',
    files: {
      'values.yaml': `node:\n  role: validator\n  replicas: 2\n  keys:\n    - {type: gran, scheme: ed25519, seed: "${SEED}"}\n    - {type: babe, seed: "$\{hunter2}"}\n`,
    },
    ...{ flags: ['--inventory', 'values.yaml'], exit: 3 },
    finds: ['F FOLDER/values.yaml: node'],
    says: [
      /^gran 0x88dc3417…b0ee {2}1$/m,
      /^not looked: FOLDER\/values.yaml: node: a secret of a key, or the number of replicas, is in a variable$/m,
      /^not looked: FOLDER\/values.yaml: .*give the output of helm template$/m,
    ],
  },
  {
    name: 'a template of a chart is no YAML, and an empty file names nothing',
    files: { list: '# none\n', 'sts.yaml': 'kind: {{ .Values.kind }}\n{{- if x }}\nhunter2: {\n' },
    flags: ['--inventory', 'sts.yaml', '--inventory', 'list'],
    says: [
      /^not looked: FOLDER\/list: it names no host and no signer$/m,
      /^not looked: FOLDER\/sts.yaml: it is no YAML: of a chart, give the output of helm template$/m,
    ],
    exit: 4,
  },
  {
    name: 'unit files: two with one base path, a template with one for all, one for each, flags in a file',
    files: {
      'a.service': service('EnvironmentFile=FOLDER/flags\nExecStart=/usr/bin/polkadot -d /srv/a $FLAGS'),
      'b.service': service('ExecStart=/usr/bin/polkadot --base-path=/srv/a --collator'),
      'c@.service': service('ExecStart=/usr/bin/polkadot -d /srv/c --validator'),
      'd@.service': service('ExecStart=/usr/bin/polkadot -d /srv/%i --validator'),
      'e.service': service('ExecStart=/usr/bin/polkadot -d /srv/e $UNKNOWN'),
      'f.service': service('ExecStart=/usr/bin/polkadot -d /srv/f --keystore-path /srv/k --validator'),
      'g.service': service('ExecStart=/usr/bin/polkadot -d /srv/g --keystore-path=/srv/k'),
      'g.service.d/x.conf':
        '[Service]\nExecStart=\nExecStart=polkadot --keystore-path "/srv/k" --validator\n',
      flags: 'FLAGS="--validator"\n',
    },
    flags: ['a', 'b', 'c@', 'd@', 'e', 'f', 'g'].flatMap((name) => ['--inventory', `${name}.service`]),
    finds: ['a.service: /srv/a', 'c@.service: /srv/c', 'f.service: /srv/k'].map(
      (at) => `F FOLDER/${at} of units in FOLDER`,
    ),
    says: [/^not looked: FOLDER\/e.service: its command is in a variable, so it may sign$/m],
    exit: 3,
  },
  {
    name: 'two machines that know different peers for one authority-discovery key',
    ...{ files: { list: 'see-1\nsee-2\n' }, flags: ['--inventory', 'list'], exit: 3 },
    finds: ['E audi 0xd43593c7…a27d'],
    says: [
      /^audi 0xd43593c7…a27d {2}1, 2, 3$/m,
      /evidence {2}peer 12D3One, in the addresses that see-1 knows\n +peer 12D3Two, in the addresses that see-2 knows$/m,
      /^(?![\s\S]*12D3X)/,
    ],
    logins: [/-- see-1 /, /-- see-2 /],
  },
];

/** A folder with files, and an `ssh` that gives the answers above. */
function inventory(t: TestContext, files: Readonly<Record<string, string>>) {
  const { folder, put, doctor } = ground(t, files);
  const cases = Object.entries(ANSWERS).map(
    ([name, text]) => `  *'-- ${name} '*|*'@${name} '*) printf '${text}\\n' ;;\n`,
  );
  put(
    'bin/ssh',
    `#!/bin/sh\n/bin/cat > /dev/null\necho "$@" >> FOLDER/log\ncase "$*" in\n${cases.join('')}  *) echo 'connect: Connection refused' >&2; exit 255 ;;\nesac\n`,
  );
  const short = (text: string): string => text.replaceAll(folder, 'FOLDER');
  return {
    ...{ folder, put },
    doctor: async (flags: readonly string[]) => {
      const { code, stdout, stderr } = await doctor(flags);
      return { code, stdout: short(stdout), stderr: short(stderr) };
    },
  };
}

for (const { name, files, flags = [], finds = [], says = [], logins = [], exit } of ROWS)
  test(name, async (t) => {
    const { folder, doctor } = inventory(t, files);
    const { code, stdout, stderr } = await doctor(flags);
    const json = await doctor([...flags, '--json']);
    const { findings } = JSON.parse(json.stdout) as InventoryReport;
    const found = findings.map(({ letter, subject }) => `${letter} ${subject}`);
    assert.deepEqual([found, code], [finds, exit], stdout + stderr);
    for (const text of says) assert.match(stdout, text);
    const log = logins.length === 0 ? [] : readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
    const sorted = log.slice(0, log.length / 2).map((line) => line.replaceAll(folder, 'FOLDER'));
    const missing = logins.filter((login) => !sorted.some((line) => login.test(line)));
    assert.deepEqual([missing, sorted.length], [[], logins.length], sorted.join('\n'));
    assert.doesNotMatch(stdout + stderr + json.stdout, /hunter2|aHVudGVyMg|bottom drive|6162/);
  });

const PAGE = readFileSync(new URL('../../../../../docs/guard/how-to/doctor.md', import.meta.url), 'utf8');

test('the page about the doctor shows what the commands print', async (t) => {
  const [, section = ''] = /^## Which key is where.*?$(.*?)^## /ms.exec(PAGE) ?? [];
  const blocks = [...section.matchAll(/^```(?<kind>\w+)\n(?<text>.*?)^```/gms)].map(({ groups }) => groups);
  const [first, shown, , alert, units] = blocks.map((block) => block?.text ?? '');
  const words = (line: string): readonly string[] => line.trim().split(' ').slice(2);
  const node = (role: string) => `{image: x, volumes: ["dot-data:/data"], command: "-d /data ${role}"}`;
  const { put, doctor } = inventory(t, {
    'hosts.ini': 'val-1 ansible_user=ops\nval-2 ansible_user=ops\n',
    'compose.yml': `services: {one: ${node('--validator')}, two: ${node('--collator')}}\nvolumes: {dot-data: {external: true}}\n`,
  });
  assert.equal((await doctor(words(first ?? ''))).stdout.replaceAll('FOLDER', '/srv'), shown);
  put('holders.json', (await doctor(['--inventory', 'hosts.ini', '--json'])).stdout);
  const exec = /^ExecStart=(.*)$/m.exec(units ?? '')?.[1] ?? assert.fail(section);
  const flags = words(exec.replace(/\S+\/(hosts.ini|holders.json)/g, '$1'));
  assert.deepEqual((await doctor(flags)).code, 3);
  assert.match((await doctor(flags)).stdout, new RegExp(alert?.split('\n')[1]?.replace('…', '.*') ?? '-'));
  put('hosts.ini', 'val-1\nval-2\nslow\n');
  assert.equal((await doctor(flags)).code, 6);
});

test('--since reports a new holder, one that is gone, and one that was not looked at', async (t) => {
  const { put, doctor } = inventory(t, { list: 'val-1\nslow\n' });
  const flags = ['--inventory', 'list'];
  put('last.json', (await doctor([...flags, '--json'])).stdout.replaceAll('FOLDER', ''));
  const same = await doctor([...flags, '--since', 'last.json']);
  // The letter C is no new holder.
  assert.deepEqual([same.code, /^C {2}2 places/m.test(same.stdout)], [3, true]);
  assert.match(same.stdout, /^Holders since .*: no change$/m);
  put('list', 'val-2\nslow\n');
  const changed = await doctor([...flags, '--since', 'last.json']);
  assert.equal(changed.code, 6);
  assert.match(changed.stdout, /^ {3}new {5}gran 0x88dc3417…b0ee {2}val-2:\/srv/m);
  assert.match(changed.stdout, /^ {3}unknown gran 0x88dc3417…b0ee {2}val-1:\/data\/keystore$/m);
  put('bin/ssh', `#!/bin/sh\n/bin/cat > /dev/null\nprintf '${answer('1', [])}\\n'\n`);
  put('list', 'val-1\nslow\n');
  const gone = await doctor([...flags, '--since', 'last.json']);
  assert.match(gone.stdout, /^ {3}gone {4}gran 0x88dc3417…b0ee {2}val-1:\/data\/keystore$/m);
  assert.equal(gone.code, 0);
  const wrong = await doctor([...flags, '--since', 'list']);
  assert.match(wrong.stderr, /list is not a report about an inventory/);
  const mixed = await doctor([...flags, '--keystore', '/keys']);
  assert.match(mixed.stderr, /--inventory looks at keys alone/);
});

const PEERS = [1, 2].map((at) => `/ip4/203.0.113.9/tcp/30333/p2p/12D3${at === 1 ? 'One' : 'Two'}`);
/** As a node writes it, with two peers in one file. */
const CACHE = JSON.stringify(
  { authority_id_to_addresses: { [ADDRESS]: PEERS, '5Foreign': ['/p2p/12D3X'] } },
  null,
  2,
);

test('the search of a machine finds key files in its folders, and reads names alone', async (t) => {
  const store = 'disk/chains/dot/keystore';
  const { folder, put, doctor } = inventory(t, {
    [`${store}/${GRAN}`]: '"hunter2"',
    [`disk/a copy/${GRAN}`]: '"hunter2"',
    [`disk/chains/dot/db/${AUDI}`]: '"hunter2"',
    [`${store}/${ALICE_AUDI}`]: '"hunter2"',
    'disk/chains/dot/network/authority_discovery_addr_cache.json': CACHE,
    'hosts.ini': 'box\n',
  });
  // All disks of this machine would take too long.
  put(
    'bin/ssh',
    `#!/bin/sh\nPATH=/usr/bin:/bin\nsed -e 's# / [$]disks# FOLDER/disk#' -e s#/proc/mounts#FOLDER/mounts# | sh -s\n`,
  );
  const mounts = { ext4: '/', cgroup2: '/sys/x', 'fuse.gocryptfs': '/keys', nfs4: '/far', vfat: '/a\\040b' };
  put(
    'mounts',
    Object.entries(mounts)
      .map(([kind, at]) => `dev ${at} ${kind} rw\n`)
      .join(''),
  );
  const { stdout, code } = await doctor(['--inventory', 'hosts.ini']);
  assert.match(stdout, /^gran 0x88dc3417…b0ee {2}1, 2$/m, stdout);
  for (const path of ['a copy', 'chains/dot/keystore'])
    assert.match(stdout, new RegExp(`^\\d {2}box:FOLDER/disk/${path}$`, 'm'));
  assert.match(stdout, /^audi 0xd43593c7…a27d {2}2, 3, 4$/m);
  assert.match(stdout, /^\d {2}peer 12D3One$[\s\S]*^E {2}2 peers announce/m);
  assert.doesNotMatch(stdout, /0xcdcd/);
  const away = [...stdout.matchAll(/^not looked: box:(.*): the doctor does not search this disk$/gm)];
  assert.deepEqual(
    [away.map(([, at]) => at), /not looked: (?!box:)/.test(stdout)],
    [['/keys', '/far', '/a\\040b'], false],
  );
  assert.equal(code, 3);
  assert.equal(readFileSync(join(folder, store, GRAN), 'utf8'), '"hunter2"');
});
