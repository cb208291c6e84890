/**
 * The address of an endpoint for messages, without secrets. Everything before the last `@` counts as user and
 * password, because a password may hold an `@`, `/`, `?` or `#` that is not escaped. The part after the host
 * is left out too. For example, `https://u:p/w@host:2379` becomes `https://…@host:2379`.
 */
export function endpointText(text: string): string {
  const at = text.lastIndexOf('@');
  if (at === -1) return text;
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  const host = text.slice(at + 1).replace(/[/?#\\].*/s, '');
  return `${scheme}…@${host}`;
}
