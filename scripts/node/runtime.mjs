// Compiles the chain's runtime and makes the fixtures of substrate/specs from it. Needed only when
// substrate/devnet-runtime changes.
//
// npm run node:runtime                  compiles, and writes every fixture
// npm run node:runtime -- --check       exits with 1 if the fixtures differ from the sources
// npm run node:runtime -- --node FILE   with this node, instead of the one of `npm run node:build`

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readFlags } from '../flags.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import { ensureNode } from './build.mjs';
import { genesisHash } from './genesis-hash.mjs';
import { compileRuntime, packCode, runtimeSources } from './runtime-code.mjs';
import { assembleSpec, putTogether, readManifest, SPECS, sha256 } from './spec.mjs';
import { specsPage } from './specs-page.mjs';

/** By id: the feature of the runtime, and how many validators (preset `dev` and that number). */
const CHAINS = {
  'watchbill-devnet-1': { variant: 'babe', validators: 1 },
  'watchbill-devnet-2': { variant: 'babe', validators: 2 },
  'watchbill-devnet-4': { variant: 'babe', validators: 4 },
  'watchbill-devnet-5': { variant: 'babe', validators: 5 },
  'watchbill-devnet-6': { variant: 'babe', validators: 6 },
  'watchbill-devnet-aura-2': { variant: 'aura', validators: 2 },
  'watchbill-devnet-aura-4': { variant: 'aura', validators: 4 },
};
/** Properties for wallets and networks; the genesis does not depend on them. */
const FOR_READERS = {
  protocolId: 'watchbill-devnet',
  properties: { ss58Format: 42, tokenDecimals: 12, tokenSymbol: 'UNIT' },
};
function sourcesHash() {
  return sha256(Buffer.concat(runtimeSources().map((part) => Buffer.from(part))));
}

/** Problems with the fixtures; empty if there are none. @returns {string[]} */
export function complaints() {
  const manifest = readManifest();
  const wrong = [];
  if (manifest.sources !== sourcesHash()) wrong.push('the runtime was changed after they were made');
  const chains = Object.entries(CHAINS).map(([id, chain]) => [id, chain.variant, chain.validators].join());
  const there = Object.entries(manifest.specs).map(([id, entry]) =>
    [id, entry.variant, entry.validators].join(),
  );
  if (chains.join(';') !== there.join(';'))
    wrong.push(`they are not of the chains ${Object.keys(CHAINS).join(', ')}`);
  for (const { file, sha256: hash } of Object.values(manifest.code)) {
    if (sha256(readFileSync(join(SPECS, file))) !== hash) wrong.push(`${file} has another hash`);
  }
  for (const id of Object.keys(manifest.specs)) wrong.push(...complaintsAbout(id));
  if (readFileSync(join(SPECS, 'README.md'), 'utf8') !== specsPage(manifest))
    wrong.push('README.md is stale');
  return wrong;
}

function complaintsAbout(id) {
  try {
    assembleSpec(id);
    return [];
  } catch (error) {
    return [error.message];
  }
}

function check() {
  const wrong = complaints();
  if (wrong.length === 0) {
    process.stdout.write('the fixtures of substrate/specs are those of the runtime\n');
    return 0;
  }
  process.stderr.write(
    `the fixtures of substrate/specs are stale: ${wrong.join('; ')}. Run: npm run node:runtime\n`,
  );
  return 1;
}

async function make(node, work) {
  const variants = [...new Set(Object.values(CHAINS).map((chain) => chain.variant))];
  const { rustc, wasm } = await compileRuntime(variants);
  /** @type {Map<string, string | Uint8Array>} */
  const files = new Map();
  const code = {};
  for (const variant of variants) {
    const file = `${variant}.compact.compressed.wasm`;
    const packed = packCode(wasm[variant]);
    code[variant] = {
      file,
      sha256: sha256(packed),
      bytes: packed.length,
      unpackedBytes: wasm[variant].length,
    };
    files.set(file, packed);
    writeFileSync(join(work, file), packed);
  }
  const specs = {};
  for (const [id, chain] of Object.entries(CHAINS)) {
    const { file } = code[chain.variant];
    const made = await makeSpec(node, {
      id,
      ...chain,
      packed: files.get(file),
      file: join(work, file),
      work,
    });
    specs[id] = { ...chain, genesis: made.genesis, sha256: made.sha256 };
    files.set(`${id}.json`, made.fixture);
  }
  const manifest = { sources: sourcesHash(), rustc, code, specs };
  files.set('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  files.set('README.md', specsPage(manifest));
  return files;
}

async function makeSpec(node, { id, validators, packed, file, work }) {
  const args = [
    'spec',
    '--runtime',
    file,
    '--preset',
    `dev${validators}`,
    '--id',
    id,
    '--raw',
    '--without-code',
  ];
  const made = await runStep(node, args, { cwd: work, env: process.env, answer: true });
  const spec = { ...JSON.parse(made), ...FOR_READERS };
  const fixture = `${JSON.stringify(spec, null, 2)}\n`;
  const text = putTogether(fixture, packed);
  const path = join(work, `${id}.raw.json`);
  writeFileSync(path, text);
  const genesis = await genesisHash(node, path, join(work, id));
  process.stderr.write(`${id}: genesis ${genesis}\n`);
  return { fixture, genesis, sha256: sha256(text) };
}

/** Writes the new files and removes those that are no longer made. */
function replaceFixtures(files) {
  mkdirSync(SPECS, { recursive: true });
  for (const name of readdirSync(SPECS)) if (!files.has(name)) rmSync(join(SPECS, name));
  for (const [name, content] of files) writeFileSync(join(SPECS, name), content);
}

async function main() {
  const options = { check: { type: 'boolean' }, node: { type: 'string' } };
  const { values } = readFlags(import.meta.url, { options });
  if (values.check) return check();
  const work = mkdtempSync(join(tmpdir(), 'watchbill-runtime-'));
  try {
    const files = await make(resolve(values.node ?? (await ensureNode())), work);
    replaceFixtures(files);
    process.stdout.write(`${files.size} files written to ${SPECS}\n`);
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const about = { what: 'the fixtures of substrate/specs', again: 'npm run node:runtime' };
  await runBuild(about, main);
}
