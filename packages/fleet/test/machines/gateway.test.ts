// The files that `services gateway render` writes for a machine, put where they belong on one that systemd
// booted: under all that its unit forbids, the gateway runs, reads keys that root makes, and ends in peace.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import { bootMachines } from '@watchbill/testkit/machines/booted';

const TIMEOUT_MS = 120_000;
const UNIT = 'watchbill-gateway-trial-rpc';
const FOLDER = '/etc/watchbill-gateway/trial-rpc';
const FILE = `format: watchbill/network/1
name: trial
chain: {name: westend}
machines: {iron: {host: 192.0.2.7}}
defaults:
  software: {binary: {source: "https://example.org/node", sha256: ${'ab'.repeat(32)}}, sdk: stable2509}
pools: {rpc: {role: rpc, place: iron, count: 2}}
`;

const ground = await bootMachines(['iron']);
after(() => ground.close());

/** Renders, and gives the files as a tar in base64. */
function renderedTar(): string {
  const cwd = ground.folder;
  writeFileSync(join(cwd, 'network.yaml'), FILE);
  const options = { cwd, timeout: TIMEOUT_MS } as const;
  const args = ['fleet', 'gateway', 'render', '--program', '/opt/watchbill', '--out', 'gateways'];
  execFileSync(process.execPath, [COMMAND, ...args], options);
  return execFileSync('tar', ['-C', 'gateways/iron', '-cz', '.'], options).toString('base64');
}

test('a rendered gateway runs under its unit, heeds keys that root makes, and ends in peace', async (context) => {
  const [iron] = ground.machines;
  assert.ok(iron !== undefined);
  const seen = iron.on(`test -r ${COMMAND} && test -x ${process.execPath} && echo seen || :`);
  if (seen === '' || /^\/(home|root|tmp|var\/tmp)\//.test(COMMAND))
    return context.skip('needs the repository where the unit may read it: not in /root, /home or /tmp');
  const start = `#!/bin/sh\\nexec ${process.execPath} ${COMMAND} "$@"\\n`;
  iron.on(`printf '${start}' > /opt/watchbill && chmod 755 /opt/watchbill`);
  iron.on(`echo ${renderedTar()} | base64 -d | tar -C / -xz --no-overwrite-dir --no-same-owner`);
  iron.on('systemd-sysusers && systemd-tmpfiles --create');
  const keys = (...args: readonly string[]) =>
    iron.on(
      `cd /run && /opt/watchbill fleet services gateway key --config ${FOLDER}/gateway.yaml --name app ${args.join(' ')}`,
    );
  keys('--tier', 'partner', '--out', '/run/app.key');
  iron.on(`systemctl daemon-reload && systemctl start ${UNIT}`);
  const ask = () =>
    iron.on(
      `curl -s -m 5 -H "X-Api-Key: $(cat /run/app.key)" -d '{"jsonrpc":"2.0","id":1,"method":"system_chain","params":[]}' http://127.0.0.1:9950 || :`,
    );
  const detail = () => iron.on(`journalctl --no-pager -u ${UNIT} | tail -n 20`);
  const until = (what: string, isSo: () => boolean) =>
    waitFor(what, isSo, { timeoutMs: 180_000, everyMs: 300, detail });
  // No node runs here: whoever has a key is told that.
  await until('a caller with a key is let in', () => ask().includes('-32104'));
  assert.match(iron.on('ps -eo user:40,args'), /^wb-rpc-gateway-\w+ .*fleet gateway run/m);
  assert.match(iron.on('curl -s http://127.0.0.1:9951/readyz'), /"ready":false.*"rpc-iron-1"/);
  keys('--revoke');
  await until('a key that is taken away is heeded', () => ask().includes('-32101'));
  iron.on(`systemctl stop ${UNIT}`);
  assert.equal(iron.on(`systemctl show --property=Result --value ${UNIT}`), 'success\n');
  // The journal takes the last words of a process some time after its end.
  await until('its end is in the journal', () =>
    /event=stopped/.test(iron.on(`journalctl --no-pager -u ${UNIT}`)),
  );
});
