import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The last commit whose services write format 1 and know no other. */
const LAST_RELEASE = '9809fa501f062d3fe47784e4ab6a60d113d8a1b4';
const ROOT = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));
const SERVICE = ['cli', 'permit', 'duty', 'store', 'chain'];
const MAX_ARCHIVE_BYTES = 1 << 28;

/**
 * Unpacks the last release of the service from the history of this repository. It runs on the packages that
 * this tree has installed. Throws if the history lacks the commit, or if a package has another version.
 * @param folder new, absolute; it is made
 * @returns the path of the release's `main.ts`
 */
export function unpackLastRelease(folder: string): string {
  checkHistory();
  mkdirSync(folder);
  const archive = git(['archive', '--format=tar', LAST_RELEASE, 'packages']);
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  linkPackages(ROOT, folder, 'node_modules');
  for (const name of readdirSync(join(folder, 'packages'))) {
    const own = join('packages', name, 'node_modules');
    if (namesIn(join(ROOT, own)).length > 0) linkPackages(ROOT, folder, own);
  }
  for (const name of SERVICE) checkVersions(join(folder, 'packages', name));
  return join(folder, 'packages', 'cli', 'src', 'main.ts');
}

/** A reason to skip in a shallow clone that lacks the last release; false in every other one. */
export function skippedWithoutHistory(): string | false {
  const isShallow = git(['rev-parse', '--is-shallow-repository']).toString().trim() === 'true';
  if (!isShallow) return false;
  try {
    checkHistory();
    return false;
  } catch (error) {
    return error instanceof Error ? error.message : 'the history is missing';
  }
}

function git(args: readonly string[]): Buffer {
  return execFileSync('git', args, {
    cwd: ROOT,
    maxBuffer: MAX_ARCHIVE_BYTES,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function checkHistory(): void {
  try {
    git(['cat-file', '-e', `${LAST_RELEASE}^{commit}`]);
  } catch (cause) {
    const message = `${ROOT} has no commit ${LAST_RELEASE}, the last release, which this test runs. In a clone without its history run \`git fetch --unshallow\``;
    throw new Error(message, { cause });
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

/** Links each installed package; those of the workspace to the release's own. */
function linkPackages(root: string, folder: string, place: string): void {
  mkdirSync(join(folder, place), { recursive: true });
  for (const name of namesIn(join(root, place))) {
    if (name.startsWith('@')) {
      linkPackages(root, folder, join(place, name));
      continue;
    }
    const real = realpathSync(join(root, place, name));
    const own = relative(join(root, 'packages'), real);
    const inWorkspace = !own.startsWith('..') && !own.includes(sep);
    symlinkSync(inWorkspace ? join(folder, 'packages', own) : real, join(folder, place, name));
  }
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The lock file of this tree decides what is installed; the release pins its versions exactly. */
function checkVersions(folder: string): void {
  const { dependencies = {} } = manifestOf(join(folder, 'package.json'));
  for (const [name, wanted] of Object.entries(dependencies)) {
    const { version } = manifestOf(installed(folder, name));
    if (version === wanted) continue;
    throw new Error(
      `the last release was made for ${name} ${wanted}, and ${version} is installed: install the packages of commit ${LAST_RELEASE} beside it, in test/support/last-release.ts`,
    );
  }
}

function manifestOf(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

/** The manifest of a package as code in the folder finds it. */
function installed(folder: string, name: string): string {
  const places = createRequire(join(folder, 'package.json')).resolve.paths(name) ?? [];
  for (const place of places) {
    const file = join(place, name, 'package.json');
    try {
      readFileSync(file);
      return file;
    } catch {
      // In a folder further up.
    }
  }
  throw new Error(`${name} is not installed: ${dirname(folder)} needs it`);
}
