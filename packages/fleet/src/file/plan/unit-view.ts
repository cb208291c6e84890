/** A unit file as sections of keys, so that two of them can be compared key by key and flag by flag. */
import type { Json } from '@watchbill/kit';
export function unitView(text: string): Json {
  const sections: Record<string, Record<string, Json>> = {};
  let keys: Record<string, Json> = {};
  for (const line of text.split('\n')) {
    const section = /^\[(.+)\]$/.exec(line)?.[1];
    if (section !== undefined) {
      keys = sections[section] ?? {};
      sections[section] = keys;
      continue;
    }
    const [, key, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const read: Json = key.startsWith('Exec') ? value.split(' ') : value;
    const before = keys[key];
    keys[key] = before === undefined || key === 'ExecStart' ? read : [before, read].flat();
  }
  return sections;
}
