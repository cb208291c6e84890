import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { listen } from './http/listen.ts';
import { openFile } from './ledger/database.ts';
import { toLedgerFault } from './ledger/faults.ts';

/** A code of the operating system, or a text of OpenSSL or HTTP/2. */
const RAW = /\bE[A-Z]{3,}|ERR_|SSL routines|NGHTTP2/;

function folderOf(context: TestContext): string {
  const folder = temporaryFolder(context);
  return folder;
}

async function listening(context: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const serve = (host: string, port: number) => listen(createHttpServer(), { kind: 'tcp', host, port }, 'http');

/** Each place that passes an error of the system on to a person, and the plain cause that it must name. */
const PLACES: readonly {
  readonly name: string;
  readonly cause: RegExp;
  readonly act: (context: TestContext) => unknown;
}[] = [
  {
    name: 'an address of another machine',
    cause: /this machine does not have that address/,
    act: () => serve('192.0.2.1', 0),
  },
  {
    name: 'a port that is taken',
    cause: /another process uses that address/,
    act: async (context) => serve('127.0.0.1', await listening(context, createServer())),
  },
  {
    name: 'a folder in the place of the ledger file',
    cause: /cannot be written/,
    act: (context) => {
      const folder = folderOf(context);
      mkdirSync(join(folder, 'ledger.db'));
      return openFile(folder, { clock: systemClock() });
    },
  },
  {
    name: 'a file in the place of the data directory',
    cause: /cannot be written/,
    act: () => openFile(import.meta.filename, { clock: systemClock() }),
  },
  {
    name: 'a disk that fails under the ledger',
    cause: /the disk failed/,
    act: () => {
      throw toLedgerFault(
        'entries cannot be written to the ledger',
        '/data/ledger.db',
        errorOf('EIO', 'EIO: i/o error, fsync'),
      );
    },
  },
];

function errorOf(code: string, message: string): Error {
  return Object.assign(new Error(message), { code, syscall: 'fsync' });
}

for (const { name, cause, act } of PLACES) {
  test(`${name} is reported in plain English, with a remedy`, async (context) => {
    const error = await Promise.resolve()
      .then(() => act(context))
      .then(
        () => assert.fail('it did not fail'),
        (thrown: Error & { remedy?: string }) => thrown,
      );
    assert.match(error.message, cause);
    assert.doesNotMatch(error.message, RAW);
    assert.notEqual(error.remedy ?? '', '');
  });
}
