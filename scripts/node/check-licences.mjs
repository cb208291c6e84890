// The licences of all crates of a workspace, as a step of a build script.

import { runStep } from '../run-step.mjs';
import { cargoEnvironment } from './cargo.mjs';
import { refusedLicences } from './licences.mjs';

/**
 * Throws if a licence is not allowed, or if the lock file does not fit the manifests.
 * @param {string} cargo
 * @param {{ cwd: string, flags?: readonly string[], ofNode?: readonly string[] }} workspace `flags`: for
 * cargo; `ofNode`: licences that only the node of this workspace may have
 */
export async function checkLicences(cargo, { cwd, flags = [], ofNode = [] }) {
  const options = { cwd, env: cargoEnvironment(cargo), answer: true };
  const platform = /^host: (.+)$/m.exec(await runStep(cargo, ['-vV'], options))?.[1];
  const args = ['metadata', '--locked', '--format-version=1', `--filter-platform=${platform}`, ...flags];
  const refused = refusedLicences(JSON.parse(await runStep(cargo, args, options)), ofNode);
  if (refused.length === 0) return;
  const remedy = 'Read the licence, then add it to scripts/node/licences.mjs, or use another crate';
  throw new Error(`these licences are not on the list of allowed ones:\n${refused.join('\n')}\n${remedy}`);
}
