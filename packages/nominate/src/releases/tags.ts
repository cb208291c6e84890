/**
 * The version that nodes of a stable release report, for tags such as `polkadot-stable2503-2`: one minor
 * version per quarter.
 */
const STABLE = /^(?:polkadot-)?stable(\d{2})(\d{2})(?:-(\d{1,3}))?$/;
/** Earlier tags, and those of other clients: `v1.14.0`, `polkadot-v1.14.0`, `1.14.0`. */
const PLAIN = /^(?:[a-z-]+-)?v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/i;

/** 1.18.0 is stable2503; each later quarter adds one. The first one, stable2407 (1.15.0), is an exception. */
const FIRST = { yearMonth: '2407', minor: 15 };
const KNOWN = { quarter: 25 * 4 + 1, minor: 18 };

/**
 * The node version for a release tag, for example `1.18.2`; null for release candidates and for tags without
 * a version, which must not make a node count as old.
 */
export function versionOfTag(tag: string): string | null {
  const plain = PLAIN.exec(tag);
  if (plain !== null) return plain.slice(1, 4).map(Number).join('.');
  const stable = STABLE.exec(tag);
  if (stable === null) return null;
  const [, year = '', month = '', patch = '0'] = stable;
  if (`${year}${month}` === FIRST.yearMonth) return `1.${FIRST.minor}.${Number(patch)}`;
  if (Number(month) % 3 !== 0 || Number(month) < 1 || Number(month) > 12) return null;
  const minor = KNOWN.minor + Number(year) * 4 + Number(month) / 3 - KNOWN.quarter;
  return minor <= FIRST.minor ? null : `1.${minor}.${Number(patch)}`;
}
