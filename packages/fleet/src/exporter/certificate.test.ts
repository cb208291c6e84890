import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { certificateEnd } from './certificate.ts';

const deadline = (ms = 10_000) => AbortSignal.timeout(ms);

test('the end of a certificate is read, whoever signed it; where there is none, that is said', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-certificate-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3'];
  execFileSync('openssl', ['req', ...kind, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const at = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const end = new X509Certificate(readFileSync(cert)).validToDate.getTime() / 1_000;
  assert.equal(await certificateEnd(at, deadline()), end);

  const silent = createTcpServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  context.after(() => silent.close());
  const nowhere = { host: '127.0.0.1', port: (silent.address() as AddressInfo).port };
  await assert.rejects(certificateEnd(nowhere, deadline(50)), /no certificate in time/);
  silent.close();
  await assert.rejects(certificateEnd({ host: '127.0.0.1', port: 9 }, deadline()));
  await assert.rejects(certificateEnd(at, AbortSignal.abort()), /in time/);
});
