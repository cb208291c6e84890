// The versions that belong to an SDK line: those that the crate `polkadot-sdk` of the line asks for.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from '../run-step.mjs';
import { cargoEnvironment } from './cargo.mjs';

/**
 * @param {string} cargo
 * @param {import('./sdk-line-files.mjs').Line} line
 * @param {string} work a folder for a package that depends on the line
 * @returns {Promise<Map<string, string>>} versions by crate; rejects if the registry has no such line
 */
export async function versionsOfLine(cargo, { name: line, beside = {} }, work) {
  const folder = join(work, `umbrella-${line}`);
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'src/lib.rs'), '');
  const dependency = `polkadot-sdk = { version = "=${line}.0", default-features = false }`;
  writeFileSync(
    join(folder, 'Cargo.toml'),
    `[package]\nname = "umbrella"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n${dependency}\n`,
  );
  const options = { cwd: folder, env: cargoEnvironment(cargo), answer: true, quiet: true };
  try {
    const metadata = JSON.parse(await runStep(cargo, ['metadata', '--format-version=1'], options));
    return new Map([...askedBy(metadata, line), ...Object.entries(beside)]);
  } catch (error) {
    if (!error.output) throw error;
    throw new Error(
      `the registry has no SDK line ${line} (crate polkadot-sdk ${line}.0): ${error.output.trim()}`,
    );
  }
}

/**
 * @param {{ packages: { name: string, dependencies: { name: string, req: string }[] }[] }} metadata of cargo
 * @param {string} line
 */
export function askedBy(metadata, line) {
  const umbrella = metadata.packages.find(({ name }) => name === 'polkadot-sdk');
  if (umbrella === undefined) throw new Error(`the registry has no polkadot-sdk ${line}.0`);
  return new Map(umbrella.dependencies.map(({ name, req }) => [name, req.replace(/^\^/, '')]));
}
