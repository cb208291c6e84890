#!/usr/bin/env node
// Writes packages/coordinate/vectors/messages.jsonl anew. Needs Go; fetches Go's protobuf module.
//
//   node packages/coordinate/vectors/messages/generate.mjs                 the committed vectors
//   node packages/coordinate/vectors/messages/generate.mjs 200000 7        that many, with that seed, to standard output

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../../../..');
const PROTOBUF = 'google.golang.org/protobuf';
const VERSION = 'v1.36.11';

const work = mkdtempSync(join(tmpdir(), 'watchbill-vectors-'));
const run = (command, args) =>
  execFileSync(command, args, {
    cwd: work,
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/local/go/bin`, GOFLAGS: '-mod=mod' },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 30,
    timeout: 300_000,
  });
try {
  for (const name of ['main.go', 'message.proto']) copyFileSync(join(HERE, name), join(work, name));
  writeFileSync(join(work, 'go.mod'), `module vectors\n\ngo 1.24\n\nrequire ${PROTOBUF} ${VERSION}\n`);
  run('go', ['build', '-o', 'protoc-gen-go', `${PROTOBUF}/cmd/protoc-gen-go`]);
  const plugins = [
    { local: join(work, 'protoc-gen-go'), out: join(work, 'pb'), opt: ['paths=source_relative'] },
  ];
  const template = JSON.stringify({ version: 'v2', plugins });
  const buf = join(ROOT, 'node_modules/@bufbuild/buf/bin/buf');
  run(process.execPath, [buf, 'generate', work, '--template', template]);
  const lines = run('go', ['run', '.', ...process.argv.slice(2)]);
  if (process.argv.length > 2) process.stdout.write(lines);
  else writeFileSync(join(HERE, '../messages.jsonl'), lines);
} finally {
  rmSync(work, { recursive: true, force: true });
}
