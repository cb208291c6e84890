import { shellWord } from '@watchbill/kit/ssh';

export const UNIT_FOLDER = '/etc/systemd/system';

export interface Rights {
  readonly owner: string;
  readonly group: string;
  readonly mode: string;
}

/** A new file beside the old one, on the disk before it takes the name. */
export function replaceFile(path: string, { owner, group, mode }: Rights, fill: string): string {
  return `p=${shellWord(path)}
t=$(mktemp -- "$(dirname -- "$p")/.watchbill-XXXXXX")
trap 'rm -f -- "$t"' EXIT
${fill}
chown ${shellWord(`${owner}:${group}`)} -- "$t"
chmod ${shellWord(mode)} -- "$t"
sync -- "$t"
mv -T -- "$t" "$p"
sync -- "$(dirname -- "$p")"
trap - EXIT`;
}

/** Base64 in lines, since a shell reads lines. */
export function wrapped(content: string | Uint8Array): string {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : Buffer.from(content);
  return bytes.toString('base64').replace(/(.{76})/g, '$1\n');
}
