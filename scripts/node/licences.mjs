// Licences of the crates below substrate/. A crate under a licence that is not on the list stops the tier,
// until a person has read the licence.

/** Licences that let anyone use the code in a closed program, with at most a notice. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'Apache-2.0 WITH LLVM-exception',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BSL-1.0',
  'CC0-1.0',
  'CDLA-Permissive-2.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unicode-3.0',
  'Unlicense',
  'Zlib',
];
/** Of the crates of every Substrate node. The exception lets a node of any licence link them. */
const OF_SUBSTRATE = 'GPL-3.0-or-later WITH Classpath-exception-2.0';
/** Licences of the node, a separate program under the first of them. */
const OF_NODES = [OF_SUBSTRATE, 'MPL-2.0', 'OpenSSL'];
/** Crates that give a file in place of a name. The file was read. */
const READ = { 'ring 0.16.20': 'ISC AND MIT AND OpenSSL' };
/**
 * Crates that others link into their nodes. Those below them are permissive or have one of the further
 * licences: the wiring needs `sc-client-api`, which the node has in any case.
 */
const LINKED = [
  { names: ['watchbill-client', 'watchbill-gate'], further: [] },
  { names: ['watchbill-wiring'], further: [OF_SUBSTRATE] },
];

/**
 * @typedef {{ id: string, name: string, version: string, license: string | null }} Package
 * @typedef {{ id: string, deps: { pkg: string, dep_kinds: { kind: string | null }[] }[] }} Node
 * @typedef {{ packages: Package[], resolve: { nodes: Node[] } }} Metadata what `cargo metadata` prints
 */

/**
 * The crates whose licence is not allowed, one line each.
 * @param {Metadata} metadata
 * @param {readonly string[]} [ofNode] further licences that this node may have
 * @returns {readonly string[]}
 */
export function refusedLicences({ packages, resolve }, ofNode = []) {
  const linked = LINKED.map(({ names, further }) => {
    const ids = packages.filter(({ name }) => names.includes(name)).map(({ id }) => id);
    return { ids: below(ids, resolve.nodes), allowed: [...PERMISSIVE, ...further] };
  });
  return packages.flatMap(({ id, name, version, license }) => {
    const licence = license ?? READ[`${name} ${version}`] ?? '';
    const stricter = linked.find(({ ids }) => ids.has(id));
    const allowed = stricter?.allowed ?? [...PERMISSIVE, ...OF_NODES, ...ofNode];
    if (isAllowed(licence, allowed)) return [];
    const place = stricter === undefined ? 'below the node' : 'below a crate that others link';
    return [`${name} ${version}: ${licence || 'no licence is named'} (${place})`];
  });
}

/** These packages with all their dependencies, without those of tests. */
function below(ids, nodes) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Set();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    const deps = byId.get(id)?.deps ?? [];
    open.push(
      ...deps.filter(({ dep_kinds }) => dep_kinds.some(({ kind }) => kind !== 'dev')).map(({ pkg }) => pkg),
    );
  }
  return found;
}

/**
 * Whether an SPDX expression can be met with these licences. A slash is the old form of `OR`. A malformed
 * expression is not allowed.
 * @param {string} expression
 * @param {readonly string[]} allowed
 */
export function isAllowed(expression, allowed) {
  const words = expression.replaceAll('/', ' OR ').match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const take = (word) => words[at] === word && ++at > 0;
  const one = () => {
    if (take('(')) {
      const inner = either();
      return take(')') && inner;
    }
    const name = words[at++] ?? '';
    return allowed.includes(take('WITH') ? `${name} WITH ${words[at++]}` : name);
  };
  const all = () => {
    let met = one();
    while (take('AND')) met = one() && met;
    return met;
  };
  const either = () => {
    let met = all();
    while (take('OR')) met = all() || met;
    return met;
  };
  const met = either();
  return met && at === words.length;
}
