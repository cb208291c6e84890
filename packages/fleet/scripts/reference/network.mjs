import { networkJsonSchema, schemaProperties } from '@watchbill/fleet/file';
import { code, filled, rows } from '../../../../scripts/reference/markdown.mjs';
import { typeText } from '../../../../scripts/reference/schema-rows.mjs';

/** Settings are the same in these sections; the page shows them once, without the prefix of a pool. */
const REPEATED = /^(defaults|pools\.\*\.instances\.\*)\./;
const IN_POOL = /^pools\.\*\./;
const OF_POOL = new Set(
  ['role', 'runs', 'count', 'place', 'places', 'instances'].map((name) => `pools.*.${name}`),
);

/** docs/fleet/reference/network.md */
export function networkPage() {
  const all = schemaProperties(networkJsonSchema()).filter(({ path }) => !REPEATED.test(path));
  const isSetting = ({ path }) => IN_POOL.test(path) && !OF_POOL.has(path);
  const cells = (properties) =>
    properties.map(({ path, schema }) => [
      code(path.replaceAll('*', 'NAME')),
      kindText(schema),
      schema.description,
      code(JSON.stringify(schema.examples[0])),
    ]);
  const settings = all
    .filter(isSetting)
    .map(({ path, schema }) => ({ path: path.replace(IN_POOL, ''), schema }));
  return filled(new URL('network.md', import.meta.url), {
    file: rows(cells(all.filter((one) => !isSetting(one)))),
    settings: rows(cells(settings)),
  });
}

/** A value that may be null has its type in a branch. */
function kindText(schema) {
  const branches = (schema.anyOf ?? [schema]).filter(({ type }) => type !== 'null');
  const texts = branches.map((one) =>
    one.const === undefined ? typeText(one) : code(JSON.stringify(one.const)),
  );
  const isNullable = branches.length < (schema.anyOf ?? [schema]).length;
  return [...new Set(texts), ...(isNullable ? ['null'] : [])].join(' or ');
}
