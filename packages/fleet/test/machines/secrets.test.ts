// Secrets on a machine that systemd booted: encrypted there, decrypted for one unit, and nowhere else in
// plain.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startCommand } from '@watchbill/testkit/command';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { userOf } from './ground.ts';
import { ENTRIES, SECRETS, writeNetwork } from './secrets-ground.ts';

const TIMEOUT_MS = 300_000;
const FOLDER = '/etc/watchbill-fleet/credentials';

const ground = await bootMachines(['iron', 'tin']);
const [machine] = ground.machines;
after(() => ground.close());
writeNetwork(ground);

/** The command as a process of its own, with what it reads from standard input. */
async function fleet(args: readonly string[], input = '') {
  const words = ['fleet', ...args, '--ssh-config', ground.sshConfigFile];
  const { code, out, errors } = await startCommand(ground.folder, words, { timeoutMs: TIMEOUT_MS, input })
    .ended;
  return { code, out, err: errors };
}

const credential = (secret: string, entry: string) => `${FOLDER}/pier.${secret}.${entry}.cred`;

async function states(): Promise<{ readonly code: number | null; readonly states: readonly string[] }> {
  const { code, out, err } = await fleet(['secrets', 'list', '--json']);
  assert.notEqual(out, '', err);
  const { entries } = JSON.parse(out) as { readonly entries: readonly { readonly state: string }[] };
  return { code, states: entries.map(({ state }) => state) };
}

/**
 * Files on the machine's disks that have one of the secrets in them, in plain or in base64; they go there by
 * standard input.
 */
function found(where: string): string {
  const texts = Object.values(SECRETS).flatMap((value) => [value, Buffer.from(value).toString('base64')]);
  const ssh = ['-F', join(ground.folder, 'ssh_config'), machine.address];
  return execFileSync('ssh', [...ssh, where], {
    input: `${texts.join('\n')}\n`,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  }).trim();
}

test('what is missing refuses a plan before anything is done, and the list says what it is', async () => {
  assert.deepEqual(await states(), { code: 3, states: ['missing', 'missing', 'missing', 'missing'] });
  const planned = await fleet(['plan']);
  assert.equal(planned.code, 3, planned.err);
  assert.match(planned.out, /there is no credential pier\.signer-iron-0-duty\.token that this machine can/);
  assert.match(planned.out, /watchbill fleet keys secrets put signer-iron-0-keys babe/);
  assert.equal(machine.on('ls /etc/watchbill /etc/watchbill-fleet 2>/dev/null | wc -l').trim(), '0');
});

/** Puts a script in the place of systemd-creds for a while. */
async function instead(script: string, work: () => Promise<void>): Promise<void> {
  const text = Buffer.from(`#!/bin/sh\n${script}\n`).toString('base64');
  const path = '/usr/local/bin/systemd-creds';
  machine.on(`echo ${text} | base64 -d > ${path} && chmod 755 ${path}`);
  await work();
  machine.on(`rm ${path}`);
}

async function putAll(): Promise<void> {
  const file = join(ground.folder, 'value');
  for (const [secret, entry] of ENTRIES) {
    writeFileSync(file, `${SECRETS[entry]}\n`, { mode: 0o600 });
    const put = await (entry === 'babe'
      ? fleet(['secrets', 'put', secret, entry, '--json'], `${SECRETS[entry]}\n`)
      : fleet(['secrets', 'put', secret, entry, '--from', file, '--json']));
    assert.equal(put.code, 0, put.err);
    assert.ok(!`${put.out}${put.err}`.includes(SECRETS[entry]));
  }
}

test('a value goes from a file or a pipe into a credential; no process and no file has it in plain', async () => {
  // Writes down the words of all processes while a secret is on its way, and goes on.
  const noting =
    'cat /proc/[0-9]*/cmdline | tr "\\0" "\\n" >> /var/tmp/words; exec /usr/bin/systemd-creds "$@"';
  await instead(noting, putAll);
  assert.deepEqual(await states(), { code: 0, states: ['there', 'there', 'there', 'there'] });
  assert.match(machine.on('cat /var/tmp/words'), /^systemd-creds$|\/usr\/local\/bin\/systemd-creds/m);
  assert.equal(found('grep -cF -f - /var/tmp/words || :'), '0');
  assert.equal(machine.on(`stat -c '%a %U' ${FOLDER} ${FOLDER}/*.cred | sort -u`), '600 root\n700 root\n');
  assert.equal(machine.on(`ls -A ${FOLDER} | wc -l`).trim(), '4', 'nothing else is left there');
  const plain = machine.on(
    `systemd-creds decrypt --name=pier.signer-iron-0-node.key ${credential('signer-iron-0-node', 'key')} -`,
  );
  assert.equal(plain, SECRETS.key, 'without the line end');
});

test('what is there is kept unless another is meant; names are those of the file', async () => {
  const again = await fleet(['secrets', 'put', 'signer-iron-0-duty', 'token'], 'another-token-of-a-node\n');
  assert.equal(again.code, 3);
  assert.match(again.err, /already, and it is kept[\s\S]*--replace/);
  const before = machine.on(`sha256sum ${credential('signer-iron-0-duty', 'token')}`);
  const wrong = await fleet(['secrets', 'put', 'signer-iron-0-duty', 'token', '--replace'], 'two words\n');
  assert.equal(wrong.code, 2);
  assert.equal(machine.on(`sha256sum ${credential('signer-iron-0-duty', 'token')}`), before);
  const near = await fleet(['secrets', 'put', 'signer-iron-O-duty', 'token'], 'x');
  assert.match(near.err, /did you mean signer-iron-0-duty\?/);
  const entry = await fleet(['secrets', 'put', 'signer-iron-0-keys', 'bab'], 'x');
  assert.match(entry.err, /did you mean babe\?/);
  const known = await fleet(['secrets', 'put', 'signer-iron-0-keys', 'babe', '--replace'], '//Alice\n');
  assert.equal(known.code, 2);
  assert.match(known.err, /it is a public seed of development chains/);
});

test('a systemd that is too old, or that keeps something else, is found before anything takes its name', async () => {
  const [secret, entry] = ['signer-iron-0-duty', 'token'] as const;
  const before = machine.on(`sha256sum ${FOLDER}/*`);
  const put = () => fleet(['secrets', 'put', secret, entry, '--replace'], 'another-token-of-a-node\n');
  await instead('echo "systemd 249 (249.1)"', async () => {
    const refused = await put();
    assert.equal(refused.code, 1);
    assert.match(refused.err, /encrypted credentials need systemd 250 or later, and 249 is there/);
    const planned = await fleet(['plan']);
    assert.match(planned.out, /it has systemd 249, and encrypted credentials need systemd 250 or later/);
  });
  const other = 'case $1 in encrypt) exec /usr/bin/systemd-creds "$@" < /etc/hostname;; esac';
  await instead(`${other}; exec /usr/bin/systemd-creds "$@"`, async () => {
    const refused = await put();
    assert.equal(refused.code, 1);
    assert.match(refused.err, /the encrypted value cannot be read back/);
  });
  assert.equal(machine.on(`sha256sum ${FOLDER}/*`), before);
  assert.equal(machine.on(`ls -A ${FOLDER} | wc -l`).trim(), '4');
});

test('a credential of another name or of another machine is none, for the list and for a plan', async () => {
  const [token, babe] = [credential('signer-iron-0-duty', 'token'), credential('signer-iron-0-keys', 'babe')];
  machine.on(`cp ${token} /root/token && cp ${babe} ${token}`);
  assert.deepEqual((await states()).states, ['unreadable', 'there', 'there', 'there']);
  const planned = await fleet(['plan']);
  assert.equal(planned.code, 3);
  assert.match(planned.out, /the file exists, and was encrypted for another machine or name/);
  const [, tin] = ground.machines;
  const stranger = tin?.on(
    `printf %s 0123456789abcdef0123 | systemd-creds encrypt --with-key=host --name=pier.signer-iron-0-duty.token - - 2>/dev/null | base64 -w0`,
  );
  machine.on(`echo ${stranger} | base64 -d > ${token}`);
  assert.deepEqual((await states()).states, ['unreadable', 'there', 'there', 'there']);
  machine.on(`mv /root/token ${token}`);
});

const UNIT = 'watchbill-pier-signer-iron-0.service';
const sum = (value: string) => createHash('sha256').update(value).digest('hex');
const fileOf = (node: string) => `/var/lib/watchbill/pier/${node}/data/given`;
/** Waits until a node that was started wrote down what it was given, and prints it. */
const onceGiven = (node: string) =>
  `g=${fileOf(node)}; for i in $(seq 900); do [ -e $g ] && break; sleep 0.1; done; cat $g`;
const given = (node: string) => machine.on(onceGiven(node));
/** Starts a node anew, and gives what it wrote down then, once it has: it is removed before. */
const startOf = (node: string) =>
  `rm -f ${fileOf(node)}; systemctl restart watchbill-pier-${node}.service && { ${onceGiven(node)}; }`;
const START = startOf('signer-iron-0');

test('the unit of the node is given its secrets, and no other unit', async () => {
  const { code, out, err } = await fleet(['plan', '--first-time', '--json']);
  assert.equal(code, 6, err + out);
  const { plan } = JSON.parse(out) as { readonly plan: { readonly id: string } };
  // It is not a node, so it never says that it is synced: the unit runs, and the run stops there.
  const applied = await fleet(['apply', plan.id, '--gate-timeout', '20', '--allow-signing']);
  assert.equal(applied.code, 1, applied.out + applied.err);
  assert.equal(machine.on(`systemctl is-active ${UNIT}`), 'active\n');
  const own = given('signer-iron-0');
  for (const value of Object.values(SECRETS)) assert.ok(own.includes(sum(value)), own);
  assert.ok(own.startsWith(`${userOf('signer-iron-0')}\n`), own);
  assert.ok(own.includes(`\n700 ${userOf('signer-iron-0')}\n`), own);
  assert.match(own, new RegExp(`^/run/credentials: ${UNIT}$`, 'm'));
  assert.match(own, /^\/run\/watchbill-fleet: pier-signer-iron-0$/m);
  assert.match(machine.on(startOf('other-iron-0')), /^\/run\/credentials: $/m);
  for (const text of [out, applied.out, applied.err])
    for (const value of Object.values(SECRETS)) assert.ok(!text.includes(value));
});

/** What a node that runs is shown of the folder of keystores in memory, at this moment. */
const shown = (node: string) =>
  machine
    .on(
      `nsenter --mount --target "$(systemctl show --property=MainPID --value watchbill-pier-${node}.service)" ls -A /run/watchbill-fleet`,
    )
    .trim();

test('a node is shown no other keystore in memory, whichever began first', () => {
  const orders = [
    ['other-iron-0', 'signer-iron-0'],
    ['signer-iron-0', 'other-iron-0'],
  ];
  for (const order of orders) {
    // As it is after a boot: the folder is in memory, so nobody has made it yet.
    machine.on("systemctl stop 'watchbill-pier-*'; rmdir /run/watchbill-fleet");
    for (const node of order) machine.on(startOf(node));
    assert.equal(machine.on('ls -A /run/watchbill-fleet'), 'pier-signer-iron-0\n', 'it is there');
    assert.deepEqual([shown('signer-iron-0'), shown('other-iron-0')], ['pier-signer-iron-0', ''], `${order}`);
  }
});

/**
 * Lists the files that were written since the machine began and have a pattern in them; patterns are in
 * memory meanwhile.
 */
const ON_DISK = `cat > /dev/shm/patterns
find /etc /var /opt /tmp /root /home /srv /usr/local -xdev -type f -newer /etc/machine-id -print0 | xargs -0 grep -laF -f /dev/shm/patterns || :
rm /dev/shm/patterns`;
const IN_PROCESSES =
  "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -cF -f - || :";

test('what systemd decrypts is on no disk, in no log and in no list of processes', () => {
  assert.equal(found(ON_DISK), '');
  assert.equal(found('journalctl --no-pager --all --output=cat | grep -cF -f - || :'), '0');
  // The patterns come by standard input, so that the search does not find itself.
  assert.equal(found(IN_PROCESSES), '0');
  machine.on(
    `systemd-creds decrypt --name=pier.signer-iron-0-node.key ${credential('signer-iron-0-node', 'key')} /var/tmp/plain`,
  );
  assert.equal(found(ON_DISK), '/var/tmp/plain', 'the search finds what there is');
  machine.on('rm /var/tmp/plain');
});

test('after the plug was pulled the machine gives the node its secrets again', async () => {
  machine.on(`rm ${fileOf('signer-iron-0')}; sync`);
  await machine.cutPower();
  await machine.boot();
  const again = given('signer-iron-0');
  for (const value of Object.values(SECRETS)) assert.ok(again.includes(sum(value)), again);
});

test('a new value is used from the next start on, and the command says which unit that is', async () => {
  const next = `token-${randomBytes(16).toString('hex')}`;
  const put = await fleet(['secrets', 'put', 'signer-iron-0-duty', 'token', '--replace'], next);
  assert.equal(put.code, 0, put.err);
  assert.match(put.out, new RegExp(`ssh \\S+ systemctl restart ${UNIT}`));
  assert.ok(machine.on(START).includes(sum(next)));
});

test('what is needed is removed only where that is said, and then the node does not start', async () => {
  const args = ['secrets', 'remove', 'signer-iron-0-keys', 'babe'];
  const refused = await fleet(args);
  assert.equal(refused.code, 3);
  assert.match(refused.err, /needed by the network file; it was not removed/);
  const network = readFileSync(join(ground.folder, 'network.yaml'), 'utf8');
  writeFileSync(
    join(ground.folder, 'network.yaml'),
    network.replace("'{node}-keys', types", "'{node}-other', types"),
  );
  const loaded = await fleet([...args, '--place', 'iron']);
  assert.equal(loaded.code, 3, loaded.err);
  assert.match(loaded.err, new RegExp(`needed by ${UNIT}`));
  const listed = await fleet(['secrets', 'list']);
  assert.match(listed.out, /not needed by the file: iron: pier\.signer-iron-0-keys\.babe/);
  const removed = await fleet([...args, '--place', 'iron', '--in-use']);
  assert.equal(removed.code, 0, removed.err);
  assert.match(removed.out, new RegExp(`${UNIT} does not start again without it`));
  const started = machine.on(`(${START}) 2>&1 || echo failed`);
  assert.match(started, /failed$/m);
  assert.notEqual(machine.on(`systemctl is-active ${UNIT} || :`), 'active\n');
  assert.equal((await fleet([...args, '--place', 'iron'])).code, 2, 'it is not there');
});
