import { networkJsonSchema, schemaProperties } from '@watchbill/fleet/file';
import { code, page, table } from '../../../../scripts/reference/markdown.mjs';
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
  const rows = (properties) =>
    properties.map(({ path, schema }) => [
      code(path.replaceAll('*', 'NAME')),
      kindText(schema),
      schema.description,
      code(JSON.stringify(schema.examples[0])),
    ]);
  const settings = all
    .filter(isSetting)
    .map(({ path, schema }) => ({ path: path.replace(IN_POOL, ''), schema }));
  const head = ['property', 'type', 'meaning', 'example'];
  return page('Network file', [
    'A network file describes the nodes of a fleet. [Describe a network](../how-to/fleet.md) shows how to write one; `watchbill fleet file check FILE` checks it, and `watchbill fleet file explain` shows each value with its origin.',
    '`NAME` stands for a name of your choice, `[]` for each item of a list. `watchbill fleet init` writes the JSON Schema beside the file, so that editors complete and check it.',
    '## The file',
    table(head, rows(all.filter((one) => !isSetting(one)))),
    '## Settings',
    'A setting can be written in `defaults`, in a pool, or for a single node in `pools.NAME.instances.PLACE-NUMBER`. The later one wins.',
    table(head, rows(settings)),
  ]);
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
