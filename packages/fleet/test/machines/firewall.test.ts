// The rendered firewall on machines that systemd booted: which ports others reach before and after it is
// loaded.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { COMMAND } from '@watchbill/testkit/command';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { networkWithProgram } from './secrets-ground.ts';

const TIMEOUT_MS = 120_000;
const PEERS = 30333;
/** Of a program that is not in the network file. */
const OTHER = 9100;

const ground = await bootMachines(['iron', 'tin']);
const [iron, tin] = ground.machines;
after(() => ground.close());

function renderedFirewall(pool: string): string {
  const network = networkWithProgram(ground, { iron: iron.address });
  writeFileSync(join(ground.folder, 'network.yaml'), `${network}${pool}`);
  const words = [COMMAND, 'fleet', 'file', 'render', '--format', 'nftables', '--out', 'firewall'];
  execFileSync(process.execPath, words, { cwd: ground.folder, timeout: TIMEOUT_MS, stdio: 'pipe' });
  return readFileSync(join(ground.folder, 'firewall/iron.nft'), 'utf8');
}

/** Loads it as an administrator does. */
function load(text: string): void {
  iron.on(`cat > /etc/iron.nft <<'WATCHBILL_END'\n${text}\nWATCHBILL_END\nnft -f /etc/iron.nft`);
}

/** Echoes on a port of iron, for as long as the machine runs. */
function listen(port: number): void {
  iron.on(`systemd-run --unit=echo-${port} systemd-socket-activate --listen=${port} --accept --inetd cat
for try in $(seq 300); do ss -Hltn sport = :${port} | grep -q . && exit 0; sleep 0.1; done; exit 1`);
}

/** What comes back from a port of iron; empty if nothing does within some seconds. */
function echoed(port: number): string {
  return tin
    .on(
      `timeout 20 bash -c 'exec 3<>/dev/tcp/${iron.address}/${port}; echo hello >&3; head -n 1 <&3' 2>/dev/null || true`,
    )
    .trim();
}

/** Packets that the firewall refused. */
function refused(): number {
  const [, count = ''] = /counter packets (\d+)/.exec(iron.on('nft list ruleset')) ?? [];
  return Number(count);
}

test('peers and ssh get in, other ports are closed, and a port of another program is opened by hand', () => {
  listen(PEERS);
  listen(OTHER);
  // Control: without the firewall both ports answer.
  assert.equal(echoed(PEERS), 'hello');
  assert.equal(echoed(OTHER), 'hello');

  const text = renderedFirewall('  n: {role: rpc, place: iron, count: 1}\n');
  load(text);
  assert.equal(echoed(PEERS), 'hello');
  const before = refused();
  assert.equal(echoed(OTHER), '');
  assert.ok(refused() > before, 'the firewall refused it, and nothing else');
  const ssh = ['-F', ground.sshConfigFile, '-o', 'ControlPath=none', iron.address, 'echo', 'in'];
  assert.equal(execFileSync('ssh', ssh, { encoding: 'utf8', timeout: TIMEOUT_MS }).trim(), 'in');

  iron.on(`mkdir -p /etc/watchbill-fleet/firewall.d
echo 'tcp dport ${OTHER} accept' > /etc/watchbill-fleet/firewall.d/other.nft`);
  load(text);
  assert.equal(echoed(OTHER), 'hello');
});

test('a table that is loaded again replaces the one before, and leaves others alone', () => {
  iron.on('nft add table inet elsewhere');
  load(renderedFirewall('  n: {role: rpc, place: iron, count: 1, ports: {p2p: 30400}}\n'));
  const rules = iron.on('nft list ruleset');
  assert.match(rules, /table inet elsewhere/);
  assert.match(rules, /tcp dport 30400 accept/);
  assert.doesNotMatch(rules, /30333/);
  const before = refused();
  assert.equal(echoed(PEERS), '');
  assert.ok(refused() > before);
});

test('a table with a mistake is refused as a whole, and the one before stays', () => {
  const rules = iron.on('nft list table inet watchbill-pier | grep -v counter');
  const wrong = renderedFirewall('  n: {role: rpc, place: iron, count: 1}\n').replace(
    'tcp dport 22',
    'tcp dprt 22',
  );
  assert.throws(() => load(wrong));
  assert.equal(iron.on('nft list table inet watchbill-pier | grep -v counter'), rules);
});
