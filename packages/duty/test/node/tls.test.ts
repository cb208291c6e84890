// A gated node over TLS: it signs with the authority it was given, and asks nobody else.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer as createRelay, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, createServer } from 'node:tls';
import { temporaryFolder } from '@watchbill/kit/testing';
import { freePort, type ServiceProcess, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { setUpIdentity, startReports, startServices } from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { runCli, systemIo } from 'watchbill';
import { gateArgs, identityOfDev } from './dev-gate.ts';

const WATCH_MS = 6_000;
const WAIT = { timeoutMs: 150_000, everyMs: 250 };

/** Ends TLS in front of a service that speaks in clear text; answers the port, and what was let through. */
async function endTls(
  context: TestContext,
  service: string,
  certificate: { readonly key: string; readonly cert: string },
): Promise<{ readonly port: number; passed(): number }> {
  let passed = 0;
  const { join, end } = pairs();
  const server = createServer(certificate, (inner) => {
    inner.on('data', (bytes) => {
      passed += bytes.length;
    });
    join(inner, connect(Number(new URL(service).port), '127.0.0.1'));
  });
  context.after(() => {
    server.close();
    end();
  });
  return { port: await listening(server, 0), passed: () => passed };
}

/** Connections that are joined to others, and end together. */
function pairs() {
  const open = new Set<Socket>();
  return {
    join(inner: Socket, outer: Socket): void {
      for (const socket of [inner, outer]) {
        open.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          open.delete(socket);
          inner.destroy();
          outer.destroy();
        });
      }
      inner.pipe(outer).pipe(inner);
    },
    end(): void {
      for (const socket of open) socket.destroy();
    },
  };
}

async function listening(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * The service goes on with another `listen` of its own; what this test asks it in clear text is led there.
 */
async function movedTo(
  context: TestContext,
  service: ServiceProcess,
  to: { readonly change: object; readonly listen: object },
  outer: () => Socket,
): Promise<() => void> {
  await service.kill('SIGTERM');
  const file = join(service.dir, 'watchbill.yaml');
  const before = JSON.parse(readFileSync(file, 'utf8'));
  // Commands and peers still come by the relay.
  const after = { ...before, ...to.change, service: { ...before.service, listen: to.listen } };
  writeFileSync(file, JSON.stringify(after));
  const { join: joined, end } = pairs();
  const relay = createRelay((inner) => joined(inner, outer()));
  const close = () => {
    relay.close();
    end();
  };
  context.after(close);
  await listening(relay, Number(new URL(service.url).port));
  await service.restart();
  return close;
}

/**
 * Files of an authority of its own, and of the certificate of a service on this machine, by `watchbill init
 * --tls`.
 */
async function authority(folder: string, name: string) {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  const heard: string[] = [];
  const hear = (text: string) => void heard.push(text);
  const io = { ...systemIo(), cwd, env: {}, out: hear, err: hear };
  assert.equal(await runCli(['init', '--tls', '--name', 'service'], io), 0, heard.join(''));
  const file = (part: string) => join(cwd, 'tls', part);
  return { ca: file('ca.pem'), cert: file('server.pem'), key: file('server.key') };
}

test('over TLS: with the authority of the service it signs, with another one it sends nothing; authority and token are replaced while it runs; it signs by the own TLS of the service and by its socket', async (context) => {
  const folder = temporaryFolder(context);
  const [ours, another] = await Promise.all([authority(folder, 'ours'), authority(folder, 'another')]);
  const services = await startServices('sqlite', folder);
  context.after(() => services.close());
  const service = services.alive();
  const front = await endTls(context, service.url, {
    key: readFileSync(ours.key, 'utf8'),
    cert: readFileSync(ours.cert, 'utf8'),
  });
  let where = `https://127.0.0.1:${front.port}`;
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile(context, '1'),
    folder: join(folder, 'nodes'),
    nodes: [
      { name: 'watcher', role: 'full' },
      {
        name: 'alice',
        keys: [{ suri: '//Alice' }],
        args: (place) => [
          ...['--force-authoring', '--duty-ca-file', `${folder}/ca.pem`],
          ...gateArgs('alice', where)(place),
        ],
      },
    ],
    args: ['--gossip-duration-ms', '250'],
    start: false,
  });
  context.after(() => network.close());
  const [watcher, alice] = [network.node('watcher'), network.node('alice')];
  await watcher.start();
  const chain = await watcher.rpc.call<string>('chain_getBlockHash', [0]);
  // The one authority: without its votes no observer reports a later round.
  await setUpIdentity(service, { ...identityOfDev(chain, 'Alice', 'alice'), return: 'trust' });
  const makeToken = async () =>
    (await service.admin('POST', '/v1/tokens', { role: 'node', name: 'alice' })) as {
      readonly token: { readonly id: string };
      readonly secret: string;
    };
  const first = await makeToken();
  const writeToken = (secret: string) => writeFileSync(`${alice.folder}/token`, secret, { mode: 0o600 });
  writeToken(first.secret);
  await startReports(services, watcher, folder, (stop) => context.after(stop));

  copyFileSync(another.ca, join(folder, 'ca.pem'));
  await alice.start();
  const refused = () => alice.grep(/unknown \(no-connection\)/).length > 0;
  await waitFor('it says that no service can be reached', refused, WAIT);
  await sleep(WATCH_MS);
  assert.equal(await alice.bestNumber(), 0, 'it seals nothing');
  assert.equal(front.passed(), 0, 'nothing, and no token, was sent to a service that it does not trust');

  // The files are replaced while the node runs: it needs no restart to build blocks.
  copyFileSync(ours.ca, join(folder, 'ca.pem'));
  await waitFor('it seals blocks', async () => (await alice.bestNumber()) > 0, WAIT);
  await watcher.untilFinalised(3, WAIT.timeoutMs);
  assert.ok(front.passed() > 0);

  const next = await makeToken();
  const changes = () => alice.grep(/the token or the authority has changed on disk/).length;
  const before = changes();
  writeToken(next.secret);
  await service.admin('DELETE', `/v1/tokens/${first.token.id}`);
  await waitFor('it uses the new token', () => changes() > before, WAIT);
  await watcher.untilFinalised((await watcher.finalisedNumber()) + 5, WAIT.timeoutMs);

  const socket = join(folder, 'service.sock');
  const port = await freePort();
  const ca = readFileSync(ours.ca, 'utf8');
  const ways = [
    {
      url: `https://127.0.0.1:${port}`,
      change: { tls: { certFile: ours.cert, keyFile: ours.key } },
      listen: { host: '127.0.0.1', port },
      outer: () => connectTls({ host: '127.0.0.1', port, ca }),
    },
    { url: `unix:${socket}`, change: { tls: undefined }, listen: { socket }, outer: () => connect(socket) },
  ];
  for (const { url, change, listen, outer } of ways) {
    await alice.stop();
    const leave = await movedTo(context, service, { change, listen }, outer);
    where = url;
    const [before, passed] = [await watcher.bestNumber(), front.passed()];
    await alice.start();
    await watcher.untilFinalised(before + 3, WAIT.timeoutMs);
    assert.equal(front.passed(), passed, 'it asks there alone');
    leave();
  }
  for (const { secret } of [first, next]) assert.ok(!alice.log().includes(secret), 'no token was logged');
});
