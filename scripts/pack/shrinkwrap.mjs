// npm-shrinkwrap.json of a package, from the lock file of the repository: the versions of the tests.

/**
 * @param {{ packages: Record<string, object> }} lock `package-lock.json` of the repository
 * @param {object} manifest `package.json` of the package
 * @returns {object} the lock file of this package alone, without addresses of a registry
 */
export function shrinkwrap(lock, manifest) {
  const { name, version, license, engines, bin, dependencies } = manifest;
  const packages = new Map();
  const add = (source, at) => {
    packages.set(at, source);
    for (const need of needsOf(lock.packages[source])) waiting.push({ ...need, from: source, at });
  };
  // In the order of their depth: the dependencies of the package itself get the first places.
  const waiting = [];
  for (const [one, pinned] of Object.entries(dependencies))
    add(direct(lock, one, pinned), `node_modules/${one}`);
  while (waiting.length > 0) {
    const { name: wanted, from, at, optional } = waiting.shift();
    const source = resolved(lock, wanted, from);
    if (source === null && !optional) throw new Error(`package-lock.json has no ${wanted} for ${from}`);
    const place = source === null ? null : placeFor(packages, wanted, at, source);
    if (place !== null) add(source, place);
  }
  return {
    name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name, version, license, ...(bin === undefined ? {} : { bin }), engines, dependencies },
      ...Object.fromEntries(
        [...packages]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([at, from]) => [at, entry(lock.packages[from])]),
      ),
    },
  };
}

/** The packages that a locked package needs. npm installs peers too, unless they are optional. */
function needsOf({
  dependencies = {},
  optionalDependencies = {},
  peerDependencies = {},
  peerDependenciesMeta = {},
}) {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [
    ...[...Object.keys(dependencies), ...peers].map((name) => ({ name, optional: false })),
    ...Object.keys(optionalDependencies).map((name) => ({ name, optional: true })),
  ];
}

/** A dependency of a workspace is in the folder of the workspace, or in the shared one. */
function direct(lock, name, pinned) {
  const home = new RegExp(`^(?:packages/[^/]+/)?node_modules/${name}$`);
  const found = Object.keys(lock.packages).find(
    (path) => home.test(path) && lock.packages[path].version === pinned,
  );
  if (found === undefined) throw new Error(`package-lock.json has no ${name} ${pinned}`);
  return found;
}

/** By the rule of Node: the nearest `node_modules` above a folder that has the package; null for none. */
function resolved(lock, name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (path in lock.packages) return path;
    if (folder === '') return null;
  }
}

/** The highest place at which `at` finds this source; null if it finds it already. */
function placeFor(packages, name, at, source) {
  for (let folder = at; ; folder = parentOf(folder)) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const found = packages.get(path);
    if (found === source) return null;
    if (found !== undefined) return `${at}/node_modules/${name}`;
    if (folder === '') return path;
  }
}

/** `node_modules/a` for `node_modules/a/node_modules/b`, and the root for `node_modules/a`. */
function parentOf(folder) {
  return folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
}

const KEPT = [
  'version',
  'integrity',
  'license',
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'engines',
  'bin',
  'os',
  'cpu',
  'libc',
  'optional',
  'hasInstallScript',
];

function entry(locked) {
  return Object.fromEntries(KEPT.filter((name) => name in locked).map((name) => [name, locked[name]]));
}
