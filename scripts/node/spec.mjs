// Chain specifications for the node of substrate/: the fixtures of substrate/specs put together. A fixture
// holds the genesis without the runtime's code, which is kept once per consensus.
//
// npm run node:spec -- 4                    the chain watchbill-devnet-4, raw, on standard output
// npm run node:spec -- aura-2 --out FILE    into a file
// npm run node:spec -- --list               the names

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFlags } from '../flags.mjs';

/** Where the fixtures are. */
export const SPECS = join(import.meta.dirname, '../../substrate/specs');

const PREFIX = 'watchbill-devnet-';
/** Storage key of the runtime's code: the bytes of `:code`. */
const CODE_KEY = '0x3a636f6465';
/** Stands in a fixture where the code was left out. */
const CODE_LEFT_OUT = '0x';
/**
 * @typedef {object} Manifest what is written down of the fixtures when they are made
 * @property {string} sources SHA-256 of the sources of the code
 * @property {string} rustc the compiler's version
 * @property {Record<string, { file: string, sha256: string, bytes: number, unpackedBytes: number }>} code by
 *   variant
 * @property {Record<string, SpecEntry>} specs by id
 */
/** @typedef {object} SpecEntry
 * @property {string} variant `babe` or `aura`: who authors blocks
 * @property {number} validators how many, from //Alice on
 * @property {string} genesis hash of block 0, as a node computed it
 * @property {string} sha256 of the specification put together, as text
 */

/** @param {string} [folder] of the fixtures @returns {Manifest} */
export function readManifest(folder = SPECS) {
  return JSON.parse(readFixture(folder, 'manifest.json').toString('utf8'));
}

/** The ids of all chains. @returns {string[]} */
export function specNames() {
  return Object.keys(readManifest().specs);
}

/**
 * The raw chain specification of this id, as text; `4` is short for `watchbill-devnet-4`. The same text every
 * time.
 * @param {string} name
 * @param {string} [folder] of the fixtures
 * @returns {string}
 * @throws {Error} when there is no chain of this name, or when a fixture is damaged
 */
export function assembleSpec(name, folder = SPECS) {
  const { code, specs } = readManifest(folder);
  const id = name.startsWith(PREFIX) ? name : PREFIX + name;
  const entry = Object.hasOwn(specs, id) ? specs[id] : undefined;
  if (entry === undefined) {
    const known = Object.keys(specs).map((each) => each.slice(PREFIX.length));
    throw new Error(`there is no chain "${name}"; there are ${known.join(', ')}`);
  }
  const text = putTogether(
    readFixture(folder, `${id}.json`).toString('utf8'),
    readFixture(folder, code[entry.variant].file),
  );
  if (sha256(text) !== entry.sha256) {
    throw new Error(
      `the fixtures of ${id} in ${folder} are not those of manifest.json: restore them, or make all anew with "npm run node:runtime"`,
    );
  }
  return text;
}

/**
 * @param {string} fixture a specification without code
 * @param {Uint8Array} code
 * @returns {string} the specification
 */
export function putTogether(fixture, code) {
  const spec = JSON.parse(fixture);
  const top = spec.genesis?.raw?.top;
  if (top?.[CODE_KEY] !== CODE_LEFT_OUT) {
    throw new Error(`not a raw specification with "${CODE_LEFT_OUT}" in place of its code`);
  }
  top[CODE_KEY] = `0x${Buffer.from(code).toString('hex')}`;
  return `${JSON.stringify(spec)}\n`;
}

/** @param {string | Uint8Array} data @returns {string} in hexadecimal */
export function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

function readFixture(folder, file) {
  try {
    return readFileSync(join(folder, file));
  } catch (cause) {
    throw new Error(`cannot read the fixture ${file} (${cause.message}); "npm run node:runtime" makes it`, {
      cause,
    });
  }
}

function list() {
  const lines = Object.entries(readManifest().specs).map(
    ([id, { variant, validators, genesis }]) => `${id}\t${variant}\t${validators}\t${genesis}\n`,
  );
  return `id\tauthors\tvalidators\tgenesis\n${lines.join('')}`;
}

function main() {
  const options = { out: { type: 'string' }, list: { type: 'boolean' } };
  const { values, positionals } = readFlags(import.meta.url, { options, allowPositionals: true });
  if (values.list) return process.stdout.write(list());
  if (positionals.length !== 1) throw new Error('name one chain, such as 4; --list prints all');
  const text = assembleSpec(positionals[0]);
  if (values.out === undefined) process.stdout.write(text);
  else writeFileSync(values.out, text);
}

if (process.argv[1] === import.meta.filename) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`no specification: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
