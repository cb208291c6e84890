// The least that could answer a claim: Node's own HTTP server, which reads a body of JSON, flushes so many
// files one after the other, and answers. It decides nothing and checks nobody. Prints its port when it
// listens.

import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const [folder = '.', ...sizes] = process.argv.slice(2);
const files = sizes.map((bytes, index) => ({
  handle: openSync(join(folder, `least-${index}`), 'a'),
  content: Buffer.alloc(Number(bytes), 1),
}));

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const claim = JSON.parse(Buffer.concat(parts).toString()) as object;
    for (const { handle, content } of files) {
      writeSync(handle, content);
      fdatasyncSync(handle);
    }
    const text = JSON.stringify({ outcome: 'granted', ...claim });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
